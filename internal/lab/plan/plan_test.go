package plan

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub"
)

const least = "WEBSOCKET_URL=ws://127.0.0.1:8080/chat/ws\nNUM_CLIENTS=500\nRAMP_UP_TIME_SECONDS=30\nMESSAGES_PER_SECOND_PER_CLIENT=0.5\n"

func none(string) string { return "" }

func read(text string) (*Plan, error) { return Read(strings.NewReader(text), none) }

func TestRead(t *testing.T) {
	base := Plan{
		URL: "ws://127.0.0.1:8080/chat/ws", API: "http://127.0.0.1:8080", Metrics: []string{"http://127.0.0.1:8080/metrics"},
		Clients: 500, Streams: []hubbub.StreamID{"1"}, Rate: 0.5, RampUp: 30 * time.Second, Duration: 300 * time.Second,
	}
	tests := []struct {
		why, more string
		change    func(*Plan)
	}{
		{"the report's four variables are enough", "", func(*Plan) {}},
		{"a list of streams", "STREAM_IDS=1,2,7", func(p *Plan) { p.Streams = []hubbub.StreamID{"1", "2", "7"} }},
		{"a range of streams, both ends in it", "STREAM_IDS=3..5", func(p *Plan) { p.Streams = []hubbub.StreamID{"3", "4", "5"} }},
		{"the reference's own name of the secret", "SECRET_KEY=abc", func(p *Plan) { p.Secret = "abc" }},
		{"JWT_SECRET stands before SECRET_KEY", "SECRET_KEY=abc\nJWT_SECRET=def", func(p *Plan) { p.Secret = "def" }},
		{"comments, export and quotes as shells write them", "# x\n\nexport DURATION_SECONDS='60' # short\nDATA_DIR=\"a b\"", func(p *Plan) {
			p.Duration, p.DataDir = time.Minute, "a b"
		}},
		{"an empty value is as good as none", "JWT_SECRET=\nSTREAM_IDS= # all", func(*Plan) {}},
		{"several processes", "METRICS_URLS=http://127.0.0.1:1/metrics, http://localhost:2/metrics\nAPI_URL=http://127.0.0.1:3/", func(p *Plan) {
			p.Metrics, p.API = []string{"http://127.0.0.1:1/metrics", "http://localhost:2/metrics"}, "http://127.0.0.1:3"
		}},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			want := base
			test.change(&want)
			got, err := read(least + test.more)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(*got, want) {
				t.Errorf("got  %+v\nwant %+v", *got, want)
			}
		})
	}
}

func TestEnvironmentStandsBeforeTheFile(t *testing.T) {
	outside := map[string]string{"NUM_CLIENTS": "7", "WEBSOCKET_URL": "https://127.0.0.1:9/chat/ws"}
	p, err := Read(strings.NewReader(least), func(name string) string { return outside[name] })
	if err != nil {
		t.Fatal(err)
	}
	if p.Clients != 7 || !p.SockJS() || p.API != "https://127.0.0.1:9" {
		t.Errorf("got %+v", p)
	}
}

func TestRefused(t *testing.T) {
	tests := []struct{ why, text, want string }{
		{"a required variable is missing", strings.Replace(least, "NUM_CLIENTS", "#", 1), "NUM_CLIENTS"},
		{"a name that nobody knows is a typing error", least + "NUM_CLIENT=5", "line 5: NUM_CLIENT "},
		{"twice is ambiguous", least + "NUM_CLIENTS=5", "NUM_CLIENTS is set twice"},
		{"not a line of a .env file", least + "hello", "line 5"},
		{"no number", least + "DURATION_SECONDS=5m", "DURATION_SECONDS"},
		{"no steady window", least + "DURATION_SECONDS=0", "DURATION_SECONDS"},
		{"NaN compares with nothing", least + "DURATION_SECONDS=NaN", "DURATION_SECONDS"},
		{"a range backwards", least + "STREAM_IDS=5..3", "STREAM_IDS"},
		{"a reserved word is no stream", least + "STREAM_IDS=1,enter", "STREAM_IDS"},
		{"a stream twice would count twice", least + "STREAM_IDS=1,2,1", "STREAM_IDS"},
		{"more rooms than viewers", least + "STREAM_IDS=1..501", "STREAM_IDS"},
		{"quotes that do not close", least + "JWT_SECRET='abc", "JWT_SECRET"},
		{"two ways to sign", least + "JWT_SECRET=a\nDATA_DIR=b", "DATA_DIR"},
		{"another protocol", strings.Replace(least, "ws://", "ftp://", 1), "WEBSOCKET_URL"},
		{"metrics that are no address", least + "METRICS_URLS=metrics", "METRICS_URLS"},
		{"silence is no load", strings.Replace(least, "=0.5", "=0", 1), "MESSAGES_PER_SECOND_PER_CLIENT"},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			if _, err := read(test.text); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error that names %s", err, test.want)
			}
		})
	}
}

func TestOnlyOwnTargets(t *testing.T) {
	const theirs = "https://api.live-streaming.store/chat/ws"
	tests := []struct {
		why, url string
		mine     []string
		allowed  bool
	}{
		{"this machine", "ws://127.0.0.1:8080/chat/ws", nil, true},
		{"this machine by name", "http://localhost:8080/chat/ws", nil, true},
		{"this machine, version 6", "ws://[::1]:8080/chat/ws", nil, true},
		{"the report's own line", theirs, nil, false},
		{"the report's own line, claimed", theirs, []string{"api.live-streaming.store"}, true},
		{"another host was claimed", theirs, []string{"live-streaming.store"}, false},
		{"looks like loopback, is not", "ws://127.0.0.1.example.com/chat/ws", nil, false},
		{"all interfaces may be another machine's", "ws://0.0.0.0:8080/chat/ws", nil, false},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			p, err := read(strings.Replace(least, "ws://127.0.0.1:8080/chat/ws", test.url, 1))
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Check(test.mine); (err == nil) != test.allowed {
				t.Errorf("got %v, want allowed=%v", err, test.allowed)
			}
		})
	}
}

func TestMetricsElsewhereAreNotFreeEither(t *testing.T) {
	p, err := read(least + "METRICS_URLS=http://example.com/metrics")
	if err != nil {
		t.Fatal(err)
	}
	if p.Check(nil) == nil {
		t.Error("a foreign METRICS_URLS was accepted")
	}
}

// The plans that come with the repository must be read by this package.
func TestShippedPlans(t *testing.T) {
	files, err := filepath.Glob("../../../lab/*.env")
	if err != nil || len(files) == 0 {
		t.Fatalf("no plans: %v", err)
	}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		p, err := Read(f, none)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if err := p.Check(nil); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestReadNeverPanics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		if p, err := read(least + text); err == nil && (p.Clients < 1 || len(p.Streams) == 0) {
			t.Errorf("accepted as %+v", p)
		}
	})
}
