package app

import (
	"math"
	"strings"
	"testing"
	"time"
)

// good is what the command line makes without flags.
func good() Options {
	return Options{
		Listen: "127.0.0.1:0", Data: "./hubbub-data", Roles: []string{"all"}, Rooms: "known", Guests: true, Signup: true, Anonymous: true,
		MessageRate: 5, MessageBurst: 10, MessageLength: 500, FrameSize: 64 << 10, Subscriptions: 64, SessionMax: 12 * time.Hour,
		ConnectRate: 2000, GuestRate: 10, Tick: 20 * time.Millisecond, LogRetention: 168 * time.Hour, LogFormat: "text", LogLevel: "warn",
	}
}

func clustered(o *Options) {
	o.JWTSecret = "0123456789abcdef0123456789abcdef"
	o.Engines = Engines{
		Kafka: []string{"127.0.0.1:1", "127.0.0.1:1"}, Redis: "127.0.0.1:1", Cassandra: []string{"127.0.0.1:1"}, MySQL: "u:p@tcp(127.0.0.1:1)/hubbub",
	}
}

func TestOptions(t *testing.T) {
	for _, row := range []struct {
		why    string
		change func(*Options)
		says   string // "": good
	}{
		{"the defaults", func(*Options) {}, ""},
		{"some roles", func(o *Options) { o.Roles = []string{"chat", "relay"} }, ""},
		{"0 is no limit", func(o *Options) {
			o.MessageRate, o.MessageBurst, o.GuestRate, o.Subscriptions, o.LogRetention = 0, 0, 0, 0, 0
		}, ""},
		{"an unknown role", func(o *Options) { o.Roles = []string{"chat", "chef"} }, `"chef"`},
		{"no role", func(o *Options) { o.Roles = nil }, "--roles"},
		{"less than nothing", func(o *Options) { o.MessageBurst = -1 }, "--message-burst"},
		{"a rate that is no number", func(o *Options) { o.MessageRate = math.NaN() }, "--message-rate"},
		{"a rate without end", func(o *Options) { o.MessageRate = math.Inf(1) }, "--message-rate"},
		{"a time before now", func(o *Options) { o.SessionMax = -time.Second }, "--session-max"},
		{"a frame that holds nothing", func(o *Options) { o.FrameSize = 100 }, "--frame-size"},
		{"a frame that holds everything", func(o *Options) { o.FrameSize = 1 << 30 }, "--frame-size"},
		{"no tick", func(o *Options) { o.Tick = 0 }, "--tick"},
		{"a tick that nobody waits for", func(o *Options) { o.Tick = time.Minute }, "--tick"},
		{"an origin with a path", func(o *Options) { o.Origins = []string{"https://a.example/x"} }, "a.example/x"},
		{"a public URL that is none", func(o *Options) { o.PublicURL = "chat.example" }, "chat.example"},
		{"a cluster", clustered, ""},
		{"a cluster, with a prefix", func(o *Options) { clustered(o); o.Prefix = "blue_2" }, ""},
		{"half a cluster", func(o *Options) { clustered(o); o.Redis, o.MySQL = "", "" }, "--redis is missing"},
		{"replicas of nothing", func(o *Options) { o.RedisReplicas = []string{"h:1"} }, "--kafka is missing"},
		{"an address without a port", func(o *Options) { clustered(o); o.Kafka = []string{"h:1", "h"} }, `--kafka: "h" is no HOST:PORT`},
		{"a database without a name", func(o *Options) { clustered(o); o.MySQL = "u@tcp(h:1)" }, "--mysql"},
		{"a prefix that not all engines take", func(o *Options) { clustered(o); o.Prefix = "Blue-2" }, "--prefix"},
		{"a cluster without a secret", func(o *Options) { clustered(o); o.JWTSecret = "" }, "--jwt-secret"},
		{"a wait that is over before it begins", func(o *Options) { clustered(o); o.Linger = -time.Second }, "--linger"},
		{"a demo for a cluster", func(o *Options) { clustered(o); o.Demo = true }, "--demo"},
		{"a member of nothing", func(o *Options) { o.Member = "a" }, "--member"},
		{"a proxy by name", func(o *Options) { o.TrustedProxies = []string{"proxy.example"} }, "proxy.example"},
	} {
		t.Run(row.why, func(t *testing.T) {
			o := good()
			row.change(&o)
			err := o.Validate()
			if (err == nil) != (row.says == "") || err != nil && !strings.Contains(err.Error(), row.says) {
				t.Errorf("%v, want %q", err, row.says)
			}
		})
	}
	o := good()
	o.Tick, o.Roles = 0, []string{"chef"}
	if err := o.Validate(); err == nil || strings.Count(err.Error(), "--") != 2 {
		t.Errorf("two mistakes are said as %v", err)
	}
}

func TestSize(t *testing.T) {
	for text, want := range map[string]Size{"0": 0, "65536": 65536, "64KiB": 64 << 10, "64 KiB": 64 << 10, "1MiB": 1 << 20, "1024MiB": 1 << 30} {
		var got Size
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "KiB", "-1", "-1KiB", "64KB", "1.5MiB", "1025MiB", "9223372036854775807KiB", "64KiBMiB"} {
		got := Size(7)
		if err := got.UnmarshalText([]byte(text)); err == nil || got != 7 {
			t.Errorf("%q: %d", text, got)
		}
	}
}
