package app

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub/internal/clientaddr"
	"github.com/hubbub-live/hubbub/internal/origin"
)

// Options say what a process serves and how. The tags are the command line's.
type Options struct {
	Listen string   `help:"Address of the page, the API and the chat." default:"127.0.0.1:8080"`
	Shared string   `name:"shared-listen" help:"A second address for the same, on which other processes of this machine may listen too: the kernel gives each new connection to one of them." placeholder:"ADDRESS"`
	Admin  string   `help:"Address of metrics and profiles; without it they answer on the other one, to this machine alone." placeholder:"ADDRESS"`
	Data   string   `help:"Data folder, made if it is not there." default:"./hubbub-data" type:"path"`
	Roles  []string `help:"Roles of this process: all, or some of chat, user, relay, archive, analysis, summary." default:"all"`

	Engines
	Linger         time.Duration `help:"How long a message of a cluster may wait for others to share its way to Kafka." default:"10ms"`
	RedisBroadcast bool          `help:"For relay and chat: publish everything a second time in Redis, to the channels broadcast:{streamId}, in the envelopes of the reference."`
	AnalysisBy     string        `name:"analysis-by" help:"Who counts the moods of a cluster: the role analysis, or a job on Flink, whose results the role keeps for who asks. The same for all processes." enum:"role,flink" default:"role"`
	Member         string        `help:"Name of this process in the cluster, the same after a restart: it gets its partitions back at once." placeholder:"NAME"`

	PublicURL      string   `name:"public-url" help:"URL under which people reach the page." placeholder:"URL"`
	Origins        []string `help:"Origins of other pages that may connect; * for all." placeholder:"ORIGIN"`
	TrustedProxies []string `help:"Addresses or networks of proxies whose X-Forwarded-For is believed." placeholder:"ADDRESS"`
	JWTSecret      string   `name:"jwt-secret" help:"Secret for HS512 tokens, shared with whoever else issues some; without it an Ed25519 key is made in the data folder." secret:""`

	Demo bool `help:"Scripted chatters, in the stream demo alone."`

	OIDCIssuer       string `name:"oidc-issuer" help:"URL of an OpenID Connect provider by which people may sign in." placeholder:"URL"`
	OIDCClientID     string `name:"oidc-client-id" help:"What the provider knows this site by." placeholder:"ID"`
	OIDCClientSecret string `name:"oidc-client-secret" help:"The secret that goes with it." secret:""`
	OIDCName         string `name:"oidc-name" help:"What the provider is called on the page." default:"Google"`

	Rooms     string `help:"Which streams there are: known, or any id on its first use." enum:"known,any" default:"known"`
	Guests    bool   `help:"People may sign in as guests." default:"true" negatable:""`
	Signup    bool   `help:"People may make accounts; without, hubbub user add makes them." default:"true" negatable:""`
	Anonymous bool   `help:"Viewers without a token may read." default:"true" negatable:""`

	CreateStreams string `help:"Who may open streams: admin, accounts, or guests too." enum:"admin,accounts,guests" default:"accounts"`
	BlockedWords  string `help:"File of words that no message may have, one a line; read again when it changes." placeholder:"FILE" type:"path"`

	MessageRate           float64       `help:"Messages a second and user; 0: no limit." default:"5"`
	MessageBurst          int           `help:"Messages that a user may send at once." default:"10"`
	MessageLength         int           `help:"User-perceived characters of a message, 4 KiB at most; 0: only that." default:"500"`
	FrameSize             Size          `help:"Size of a STOMP frame." default:"64KiB"`
	Subscriptions         int           `help:"Subscriptions of a session; 0: no limit." default:"64"`
	SessionMax            time.Duration `help:"How long a session may last; 0: for ever." default:"12h"`
	ConnectionsPerAddress int           `help:"Connections of an address (IPv6: a /64); 0: no limit." default:"0"`
	ConnectRate           int           `help:"New connections a second; 0: no limit." default:"2000"`
	GuestRate             int           `help:"New guests and accounts a minute and address, this machine exempt; 0: no limit." default:"10"`

	Tick         time.Duration `help:"Least time between two deliveries to the viewers of a busy room." default:"20ms"`
	LogRetention time.Duration `help:"How long the log keeps what everybody has read; 0: for ever." default:"168h"`

	LogFormat string `help:"Format of the program's own log: text or json." enum:"text,json" default:"text"`
	LogLevel  string `help:"Least level of it: debug, info, warn or error." enum:"debug,info,warn,error" default:"info"`
}

// The roles of a process.
const (
	roleChat     = "chat"
	roleUser     = "user"
	roleRelay    = "relay"
	roleArchive  = "archive"
	roleAnalysis = "analysis"
	roleSummary  = "summary"
)

var allRoles = []string{roleChat, roleUser, roleRelay, roleArchive, roleAnalysis, roleSummary}

// byFlink as AnalysisBy: the moods are counted by a job on Flink.
const byFlink = "flink"

// has says whether this process plays a role.
func (o *Options) has(role string) bool {
	return slices.Contains(o.Roles, "all") || slices.Contains(o.Roles, role)
}

// checkCluster says what a process of a cluster cannot be.
func (o *Options) checkCluster() error {
	switch {
	case !o.Engines.any() && o.Member != "":
		return errors.New("--member is for a process of a cluster, whose engines are named")
	case !o.Engines.any() && o.RedisBroadcast:
		return errors.New("--redis-broadcast is for a process of a cluster, whose engines are named")
	case !o.Engines.any() && o.AnalysisBy == byFlink:
		return errors.New("--analysis-by flink is for a process of a cluster, whose engines are named")
	case !o.Engines.any():
		return nil
	case o.JWTSecret == "":
		return errors.New("--jwt-secret is missing: the processes of a cluster need the same, to know each other's tokens")
	case o.Demo:
		return errors.New("--demo is for a process that has everything in its data folder, not for a cluster")
	}
	return nil
}

// faces says whether people or their programs connect to this process.
func (o *Options) faces() bool { return o.has(roleChat) || o.has(roleUser) }

// Validate says what is wrong with the options, all of it. The command line calls
// it by itself.
func (o *Options) Validate() error {
	_, origins := origin.New(o.PublicURL, o.Origins)
	_, proxies := clientaddr.New(o.TrustedProxies)
	errs := []error{origins, proxies, o.checkOIDC(), o.Engines.Validate(), o.checkCluster()}
	if len(o.Roles) == 0 {
		errs = append(errs, errors.New("--roles: a process needs at least one"))
	}
	for _, role := range o.Roles {
		if role != "all" && !slices.Contains(allRoles, role) {
			errs = append(errs, fmt.Errorf("--roles: there is no role %q; there are all, %s", role, strings.Join(allRoles, ", ")))
		}
	}
	for name, n := range map[string]float64{
		"message-rate": o.MessageRate, "message-burst": float64(o.MessageBurst), "message-length": float64(o.MessageLength),
		"subscriptions": float64(o.Subscriptions), "session-max": float64(o.SessionMax),
		"connections-per-address": float64(o.ConnectionsPerAddress), "connect-rate": float64(o.ConnectRate),
		"guest-rate": float64(o.GuestRate), "log-retention": float64(o.LogRetention), "linger": float64(o.Linger),
	} {
		if !(n >= 0) || math.IsInf(n, 0) { // NaN is neither
			errs = append(errs, fmt.Errorf("--%s must be a number from 0", name))
		}
	}
	if o.FrameSize < 1<<10 || o.FrameSize > 16<<20 {
		errs = append(errs, errors.New("--frame-size must be from 1KiB to 16MiB"))
	}
	if o.Tick < time.Millisecond || o.Tick > time.Second {
		errs = append(errs, errors.New("--tick must be from 1ms to 1s"))
	}
	return errors.Join(errs...)
}

// A Size is a number of bytes, written as 65536, 64KiB or 1MiB.
type Size int

// UnmarshalText reads a size.
func (s *Size) UnmarshalText(text []byte) error {
	number, unit := string(text), 1
	for suffix, factor := range map[string]int{"KiB": 1 << 10, "MiB": 1 << 20} {
		if rest, ok := strings.CutSuffix(number, suffix); ok {
			number, unit = rest, factor
			break
		}
	}
	n, err := strconv.Atoi(strings.TrimSpace(number))
	if err != nil || n < 0 || n > 1<<30/unit {
		return fmt.Errorf("%q is no size such as 65536, 64KiB or 1MiB", text)
	}
	*s = Size(n * unit)
	return nil
}
