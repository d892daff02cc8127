package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/token"
)

// Times of a Watch.
const (
	watchEvery = 2 * time.Second
	// watchAgain is how long a revocation is read and told again: a clock that is
	// behind by less, a session that began at the same moment and a room that was
	// being loaded miss nothing.
	watchAgain = time.Minute
	// watchPatience is how long the store may not answer before that is a failure.
	watchPatience = 30 * time.Second
	lookWithin    = 3 * time.Second // for a bot, when it shows its token
	usedMost      = 10_000          // bots whose last use is not stored yet
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

// Load reads what is revoked so far. It is called before anybody is let in.
func (w *Watch) Load(ctx context.Context) error {
	if err := w.poll(ctx); err != nil {
		return fmt.Errorf("read which tokens are void: %w", err)
	}
	return nil
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

// barred refuses who is banned, as far as is known; whether still, the store says.
func (w *Watch) barred(user hubbub.UserID) error {
	w.mu.RLock()
	b, known := w.banned[user]
	w.mu.RUnlock()
	if !known {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookWithin)
	defer cancel()
	u, err := w.store.User(ctx, user)
	if err == nil || errors.Is(err, ErrNotFound) {
		b = u.Ban
	}
	if now := w.o.Now(); b.Holds(now) {
		return b.refusal(now)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.banned, user)
	return nil
}

// bot returns a bot as its user is now, as if issued now: what the token says may
// be a year old.
func (w *Watch) bot(id token.Identity) (token.Identity, error) {
	ctx, cancel := context.WithTimeout(context.Background(), lookWithin)
	defer cancel()
	now := w.o.Now()
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

// Run reads what other processes revoked, every 2 s, and keeps the store in
// order, until ctx ends.
func (w *Watch) Run(ctx context.Context) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			if err := w.storeUsed(context.WithoutCancel(ctx)); err != nil { // nothing worth failing for
				w.o.Logger.Warn("note when bots were seen", "err", err)
			}
			return nil
		case <-tick.C:
		case <-w.hurry:
		}
		if err := w.poll(ctx); err != nil && ctx.Err() == nil {
			w.o.Logger.Warn("which tokens are void cannot be read now; trying again", "err", err)
		}
		if n%30 == 29 { // every minute
			w.upkeep(ctx, n%1800 == 29)
		}
	}
}

// Hurry makes Run look at once: something has changed. It does not block.
func (w *Watch) Hurry() {
	select {
	case w.hurry <- struct{}{}:
	default:
	}
}

// Healthy says whether the store has answered lately.
func (w *Watch) Healthy() error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.failing != nil && w.o.Now().Sub(w.read) > watchPatience {
		return fmt.Errorf("which tokens are void cannot be read: %w", w.failing)
	}
	return nil
}

// poll reads what was revoked lately; the first time, everything.
func (w *Watch) poll(ctx context.Context) error {
	now := w.o.Now()
	w.mu.RLock()
	since := time.Time{}
	if !w.read.IsZero() {
		since = w.read.Add(-watchAgain)
	}
	w.mu.RUnlock()
	list, err := w.store.Revocations(ctx, since, now)
	var barred []User
	if err == nil {
		barred, err = w.store.Barred(ctx, since)
	}
	w.mu.Lock()
	if w.failing = err; err == nil {
		w.read = now
		for _, r := range list {
			w.note(r)
		}
		for _, u := range barred {
			w.banned[u.ID] = u.Ban
		}
	}
	w.mu.Unlock()
	if err == nil && len(list)+len(barred) > 0 {
		w.o.OnRevoke(list)
	}
	return err
}

// upkeep stores which bots were seen and forgets what is over.
func (w *Watch) upkeep(ctx context.Context, sweep bool) {
	err := w.storeUsed(ctx)
	if sweep {
		_, swept := w.store.SweepTokens(ctx, w.o.Now())
		err = errors.Join(err, swept)
	}
	if err != nil && ctx.Err() == nil { // the next time will do
		w.o.Logger.Warn("keep the tokens in order", "err", err)
	}
	now := w.o.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, until := range w.tokens {
		if until.Before(now) {
			delete(w.tokens, id)
		}
	}
	for user, b := range w.banned {
		if !b.Holds(now) {
			delete(w.banned, user)
		}
	}
	for whose, v := range w.users {
		if v.until.Before(now) {
			delete(w.users, whose)
		}
	}
}

func (w *Watch) storeUsed(ctx context.Context) error {
	w.mu.Lock()
	used := w.used
	w.used = map[string]time.Time{}
	w.mu.Unlock()
	if len(used) == 0 {
		return nil
	}
	return w.store.UseBots(ctx, used)
}

func (w *Watch) known() float64 {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return float64(len(w.users) + len(w.tokens))
}
