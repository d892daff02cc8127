package account

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/token"
)

// Bounds of what is asked and noted when a bot shows its token.
const (
	lookWithin = 3 * time.Second
	usedMost   = 10_000 // bots whose last use is not stored yet
)

// A WatchStore is as much of a Store as a Watch needs.
type WatchStore interface {
	RevocationStore
	BotStore
	User(ctx context.Context, id hubbub.UserID) (User, error)
	Barred(ctx context.Context, since time.Time) ([]User, error)
}

// WatchOptions say what a Watch tells. The zero value is good.
type WatchOptions struct {
	// OnRevoke is told that sessions are to end, here or elsewhere, and of what was
	// revoked, and again for a minute. It must not block.
	OnRevoke func(list []Revocation)
	Now      func() time.Time // nil: time.Now
	Logger   *slog.Logger     // nil: nowhere
	Metrics  prometheus.Registerer
}

// A Watch verifies tokens and knows, in every process, which of them are void. It
// is asked when a token is shown, never for a message. All methods may be called
// concurrently.
type Watch struct {
	keys  Verifier
	store WatchStore
	o     WatchOptions
	hurry chan struct{} // has an element: look now

	mu      sync.RWMutex
	users   map[voided]void       // all tokens of a user from before
	banned  map[hubbub.UserID]Ban // from the site, also some that were lifted
	tokens  map[string]time.Time  // jti, until when it is kept
	used    map[string]time.Time  // bots, when they were seen last
	read    time.Time             // when the store answered last
	failing error                 // why it did not since
}

// A Verifier says who holds a token; *token.Keys is one.
type Verifier interface {
	Verify(raw string) (token.Identity, error)
}

// voided is whose tokens are void; sign-outs concern fewer of them.
type voided struct {
	user   hubbub.UserID
	reason Reason
}

type void struct{ before, until time.Time }

// NewWatch makes a watch that knows nothing yet: see Load.
func NewWatch(keys Verifier, store WatchStore, o WatchOptions) *Watch {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.OnRevoke == nil {
		o.OnRevoke = func([]Revocation) {}
	}
	w := &Watch{
		keys: keys, store: store, o: o, hurry: make(chan struct{}, 1),
		users: map[voided]void{}, banned: map[hubbub.UserID]Ban{}, tokens: map[string]time.Time{}, used: map[string]time.Time{},
	}
	if o.Metrics != nil {
		o.Metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "hubbub_revocations",
			Help: "Users and bots of whom older tokens are void, as far as this process knows.",
		}, w.known))
	}
	return w
}

func (w *Watch) known() float64 {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return float64(len(w.users) + len(w.tokens))
}

// Verify returns who holds raw, or why they are not let in: a void token is
// token_invalid. Of a bot of ours it returns what its user is by now, for which it
// asks the store.
func (w *Watch) Verify(raw string) (token.Identity, error) {
	id, err := w.keys.Verify(raw)
	switch {
	case err != nil:
	case strings.HasPrefix(id.ID, botPrefix):
		id, err = w.bot(id)
	default:
		err = w.barred(id.User)
	}
	if err != nil {
		return token.Identity{}, err
	}
	if w.Why(id) != nil {
		return token.Identity{}, errRevoked
	}
	return id, nil
}

func (w *Watch) ban(user hubbub.UserID) (b Ban, ok bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	b, ok = w.banned[user]
	return b, ok
}

// barred refuses who is banned, as far as is known; whether still, the store says.
func (w *Watch) barred(user hubbub.UserID) error {
	known, ok := w.ban(user)
	if !ok {
		return nil
	}
	b := known
	ctx, cancel := context.WithTimeout(context.Background(), lookWithin)
	defer cancel()
	u, err := w.store.User(ctx, user)
	if err == nil || errors.Is(err, ErrNotFound) {
		b = u.Ban
	}
	if now := w.o.Now(); b.Holds(now) {
		return b.refusal(now)
	}
	w.lifted(user, known)
	return nil
}

// lifted forgets a ban of which the store says that it is over, but not one that came
// to be known since.
func (w *Watch) lifted(user hubbub.UserID, known Ban) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.banned[user] == known {
		delete(w.banned, user)
	}
}

// bot returns a bot as its user is now, as if issued now: what the token says may
// be a year old.
func (w *Watch) bot(id token.Identity) (token.Identity, error) {
	ctx, cancel := context.WithTimeout(context.Background(), lookWithin)
	defer cancel()
	now := w.o.Now()
	known, _ := w.ban(id.User)
	b, err := w.store.Bot(ctx, id.ID)
	var u User
	if err == nil {
		u, err = w.store.User(ctx, b.User)
	}
	switch {
	case errors.Is(err, ErrNotFound), err == nil && u.ID != id.User:
		return token.Identity{}, errRevoked
	case err != nil:
		return token.Identity{}, unavailable(err)
	case u.Ban.Holds(now):
		return token.Identity{}, u.Ban.refusal(now)
	}
	w.lifted(id.User, known)
	id.Name, id.Picture, id.Roles, id.Issued = u.Name, u.Picture, u.Roles(), now
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.used) < usedMost {
		w.used[id.ID] = now
	}
	return id, nil
}

// Why returns why sessions of id are to end, or nil: they may go on.
func (w *Watch) Why(id token.Identity) *hubbub.Error {
	now := w.o.Now()
	w.mu.RLock()
	defer w.mu.RUnlock()
	if b := w.banned[id.User]; b.Holds(now) {
		return b.refusal(now)
	}
	if _, revoked := w.tokens[id.ID]; revoked && id.ID != "" {
		return errRevoked
	}
	for _, reason := range []Reason{ReasonErased, ReasonChanged, ReasonSignedOut} {
		if v, ok := w.users[voided{id.User, reason}]; ok && v.holds(reason, id) {
			return reason.refusal()
		}
	}
	return nil
}

// holds says whether what a user holds is void. That they signed out is no matter
// of what has an id, or outlives every sign-in: that is a bot's, or an operator's.
func (v void) holds(reason Reason, id token.Identity) bool {
	bot := strings.HasPrefix(id.ID, botPrefix)
	switch {
	case !id.Issued.Before(v.before):
		return false
	case reason == ReasonSignedOut:
		return id.ID == "" && !id.Expires.After(v.until)
	case reason == ReasonChanged:
		return bot || !id.Expires.After(v.until)
	}
	return true
}

// refusal is what the holder of a session is told.
func (r Reason) refusal() *hubbub.Error {
	if r == ReasonSignedOut || r == ReasonChanged {
		return errSessionEnded
	}
	return errRevoked
}

var (
	errRevoked      = hubbub.Refuse(hubbub.CodeTokenInvalid, "this token was revoked; sign in again, or make a new one for your bot")
	errSessionEnded = hubbub.Refuse(hubbub.CodeSessionExpired, "this sign-in has ended; connect again with a new token")
)

// Note takes what this process has revoked itself, and tells of it at once.
func (w *Watch) Note(list ...Revocation) {
	w.mu.Lock()
	for _, r := range list {
		w.note(r)
	}
	w.mu.Unlock()
	w.o.OnRevoke(list)
}

// note takes a revocation; mu is held.
func (w *Watch) note(r Revocation) {
	if r.Token != "" {
		w.tokens[r.Token] = later(w.tokens[r.Token], r.Until)
		return
	}
	whose := voided{r.User, r.Reason}
	known := w.users[whose]
	w.users[whose] = void{before: later(known.before, r.Before.Truncate(time.Millisecond)), until: later(known.until, r.Until)}
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
