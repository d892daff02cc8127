// Package httpapi owns the HTTP side of the server: the mux, what every request
// goes through, and the routes of the API with their OpenAPI document. Each route
// asks a service below it and translates; nothing is decided here.
//
// Chat and page are handlers of their own, mounted on the same mux by
// [Options.Mount]: they get the security headers and the guard against panics,
// and the plain ResponseWriter, so that they may hijack the connection.
package httpapi

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/clientaddr"
	"github.com/hubbub-live/hubbub/internal/moderation/moderator"
	"github.com/hubbub-live/hubbub/internal/origin"
	"github.com/hubbub-live/hubbub/internal/streams"
	"github.com/hubbub-live/hubbub/internal/token"
)

// Keys verifies tokens and shows how others may; *token.Keys is one.
type Keys interface {
	Verify(raw string) (token.Identity, error)
	JWKS() []byte
}

// Accounts signs people in, and says who may not; *account.Service is one.
type Accounts interface {
	Guest(ctx context.Context, name string) (account.Session, error)
	Signup(ctx context.Context, a account.Application) (account.Session, error)
	Login(ctx context.Context, username, password string) (account.Session, error)
	Claimable(ctx context.Context) (bool, error)
	Claim(ctx context.Context, code string, a account.Application) (account.Session, error)
	Reset(ctx context.Context, code, password string) (account.Session, error)
	Reissue(ctx context.Context, refresh string) (account.Session, error)
	Logout(ctx context.Context, refresh string) error

	Describe(ctx context.Context, id token.Identity) (account.User, []string, error)
	SetProfile(ctx context.Context, id hubbub.UserID, p account.Profile) (account.User, error)
	ChangePassword(ctx context.Context, id hubbub.UserID, current, next string) (account.Session, error)

	Users(ctx context.Context, who token.Identity, query string, page, size int) (account.Page, error)
	SetAdmin(ctx context.Context, who token.Identity, id hubbub.UserID, admin bool) (account.User, error)
	Ban(ctx context.Context, who token.Identity, id hubbub.UserID, reason string, lasts time.Duration) (account.User, error)
	Unban(ctx context.Context, who token.Identity, id hubbub.UserID) error
}

// Directory answers which streams there are; *streams.Directory is one.
type Directory interface {
	Stream(ctx context.Context, id hubbub.StreamID) (hubbub.Stream, error)
}

// Lister lists streams; *streams.Service is one.
type Lister interface {
	List(ctx context.Context, f streams.Filter, page, size int) (streams.Page, error)
}

// Viewers answers how many watch a stream; *streams.Viewers is one.
type Viewers interface {
	Of(ctx context.Context, stream hubbub.StreamID) int
}

// History pages through what was said; *history.Reader is one.
type History interface {
	Page(ctx context.Context, q archive.Query) ([]archive.Entry, error)
}

// Latest has the newest value of a stream; ok is false while there is none.
type Latest interface {
	Latest(ctx context.Context, stream hubbub.StreamID) (value []byte, ok bool, err error)
}

// Minutes has what was said in a stream minute by minute, those that begin at or
// after from and before to; *worker.Worker is one.
type Minutes interface {
	Minutes(ctx context.Context, stream hubbub.StreamID, from, to time.Time) (analysis.Minutes, error)
}

// Options say what is served. Keys is required; without the services that a
// group of routes needs, the group is not there.
type Options struct {
	Version string // in the OpenAPI document; "": "dev"
	Keys    Keys

	Accounts Accounts // nil: no /api/v1/users, no /api/v1/site
	Bots     Bots     // nil: no …/me/tokens, and nobody is erased
	OIDC     OIDC     // nil: no …/oidc
	Site     Site     // what /api/v1/site says, all but what is asked for

	// nil Directory, Lister or Viewers: no /api/v1/streams.
	Directory Directory
	Lister    Lister
	Viewers   Viewers

	// Who keeps and moderates streams; nil: nobody does by this API.
	Keeper    Keeper
	Moderator Moderator
	Words     WordLists
	People    moderator.People // for the names of moderators

	History  History // nil: no …/messages
	Analysis Latest  // nil: no …/analysis
	Minutes  Minutes // of the same; required with it
	Summary  Latest  // nil: summaries are empty, and no …/summary
	// Summarise asks for a summary of all that was said so far in a stream, and
	// returns up to where that is; nil: nobody can ask.
	Summarise func(ctx context.Context, stream hubbub.StreamID) (hubbub.Position, error)

	Demo Demo // nil: no …/demo

	// Settings returns the rules of a room; nil: open, not slow.
	Settings func(ctx context.Context, stream hubbub.StreamID) hubbub.Settings
	// Mood classifies a message of the history; nil: messages have no mood.
	Mood func(content string) string

	Origins   *origin.Policy       // nil: the same origin
	Clients   *clientaddr.Resolver // nil: no trusted proxies
	GuestRate int                  // guests and new accounts a minute and address (IPv6: /64), loopback exempt; 0: no limit

	// ExportPatience is how long the reader of an export may take for a page of it
	// before it is given up; 0: 15 s.
	ExportPatience time.Duration

	// Mount has handlers beside the API, by pattern of http.ServeMux. A handler at
	// "/" is asked to GET and HEAD only, and only what is not below /api/.
	Mount map[string]http.Handler
	// Closing is closed when the server is about to stop: event streams end, and
	// their readers come back. nil: they end when the connection is closed.
	Closing <-chan struct{}

	Now    func() time.Time // nil: time.Now
	Logger *slog.Logger     // nil: nowhere
}

// api is the state of the handler.
type api struct {
	Options
	guests  *rate[netip.Prefix] // who comes new, by address
	logins  logins
	leaving *rate[netip.Prefix] // who leaves for a provider, by address
	live    chan struct{}       // a place per event stream

	exports chan struct{} // a place per export

	summaries *rate[hubbub.StreamID] // that are asked for
}

// New makes the handler of everything on the main address.
func New(o Options) (http.Handler, error) {
	if o.Keys == nil {
		return nil, errors.New("an HTTP API needs keys")
	}
	o.Version = cmp.Or(o.Version, "dev")
	o.ExportPatience = cmp.Or(o.ExportPatience, 15*time.Second)
	if o.Origins == nil {
		o.Origins = &origin.Policy{}
	}
	if o.Clients == nil {
		o.Clients = &clientaddr.Resolver{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	a := &api{Options: o, guests: newRate[netip.Prefix](o.GuestRate), logins: newLogins(), leaving: newRate[netip.Prefix](leaveRate), live: make(chan struct{}, maxEventStreams)}
	a.exports = make(chan struct{}, maxExports)
	a.summaries = &rate[hubbub.StreamID]{step: summaryEvery, burst: 1, due: map[hubbub.StreamID]time.Time{}}
	return a.handler()
}

func (a *api) handler() (http.Handler, error) {
	mux := http.NewServeMux()
	routes := humago.New(mux, humaConfig(a.Version))
	routes.UseMiddleware(func(ctx huma.Context, next func(huma.Context)) { next(&answer{humaContext: ctx}) })
	a.siteRoutes(routes)
	a.userRoutes(routes)
	a.accountRoutes(routes)
	a.governRoutes(routes)
	a.botRoutes(routes)
	a.oidcRoutes(routes)
	a.streamRoutes(routes)
	a.keeperRoutes(routes)
	a.moderatorRoutes(routes)
	a.moderationRoutes(routes)
	a.wordRoutes(routes)
	a.historyRoutes(routes)
	a.exportRoutes(routes)
	a.demoRoutes(routes)
	a.analysisRoutes(routes)
	a.summaryRoutes(routes)
	a.eventRoutes(routes)
	if err := documents(mux, routes.OpenAPI(), a.Keys.JWKS()); err != nil {
		return nil, err
	}
	for pattern, h := range a.Mount {
		if pattern != "/" {
			mux.Handle(pattern, h)
		}
	}
	mux.Handle("/", a.rest(mux, a.Mount["/"]))
	return a.guard(mux), nil
}

// NewServer makes a server for handler with the timeouts that keep a slow or
// silent client from holding on to it, a body that nobody asked for included. There
// is none for a whole answer: event streams and sockets last.
func NewServer(handler http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       10 * time.Second, // what takes a body has a time of its own
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		// TLS errors and the like, each a stranger's doing.
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
}
