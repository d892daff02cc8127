package send

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/cache"
	"github.com/hubbub-live/hubbub/internal/chat/room"
)

// claims tell chat servers of each other's posts with nonces, by the cache: one is
// claimed before it is logged, and what became of it is noted there. Claims are those of
// a server for as long as that says that it lives; what a dead one had under way is in
// the log by then or never will be.
type claims struct {
	cache  cache.Cache // nil: there is one server
	server string      // this one
	longer time.Duration
	notes  chan claimNote
	known  *sync.Once // before the first claim this server has said that it lives
}

func newClaims(c cache.Cache, timeout time.Duration) claims {
	return claims{
		cache: c, server: rand.Text(), longer: timeout + claimGrace,
		notes: make(chan claimNote, claimNotes), known: new(sync.Once),
	}
}

// A claimNote is what became of a claim; "" is that it was given up.
type claimNote struct{ key, outcome string }

// What a claim has, unless it is what was logged: who is at it, or that the outcome is
// not known.
const (
	claimFlying  = "flying:"
	claimUnknown = "unknown"
)

const (
	claimGrace = 2 * time.Second // beyond a post's timeout
	claimPoll  = 100 * time.Millisecond
	// claimNotes bounds those that wait to be noted, claimWriters note at once.
	claimNotes   = 10_000
	claimWriters = 8

	// A server says in the cache that it lives, for aliveFor, every aliveEvery. One that was
	// stopped for longer and wakes up does no harm: the log sees that it was.
	aliveKey   = "chat-server:"
	aliveFor   = 3 * time.Second
	aliveEvery = 500 * time.Millisecond
)

func (k flightKey) claim() string {
	return "nonce:" + string(k.stream) + ":" + string(k.user) + ":" + k.nonce
}

// take claims a nonce. Unless it is free, the outcome of who had it is returned.
// An error leaves it open.
func (c *claims) take(ctx context.Context, key flightKey) (outcome string, free bool, err error) {
	c.known.Do(func() { c.say(ctx) })
	current, free, err := c.cache.Add(ctx, key.claim(), []byte(claimFlying+c.server), c.longer)
	return string(current), free, err
}

// inherit takes the claim of a server that is dead, unless another was faster, or one
// that this server left behind when it could not find out more. The outcome is that of
// take.
func (c *claims) inherit(ctx context.Context, key flightKey, outcome string) (mine bool, err error) {
	owner, flying := strings.CutPrefix(outcome, claimFlying)
	if !flying || owner == c.server { // here one at a time is at a nonce
		return flying, nil
	}
	if _, lives, err := c.cache.Get(ctx, aliveKey+owner); lives || err != nil {
		return false, err
	}
	if _, mine, err = c.cache.Add(ctx, key.claim()+":"+owner, nil, c.longer); !mine || err != nil {
		return false, err
	}
	return true, c.cache.Set(ctx, key.claim(), []byte(claimFlying+c.server), c.longer)
}

// settle has noted what became of a claim, soon. What cannot wait is not noted: then
// the claim ends by itself, and the room knows.
func (c *claims) settle(key flightKey, a Answer) {
	note := claimNote{key: key.claim()}
	switch {
	case a.Err == nil:
		note.outcome = string(a.ID) + " " + a.Position.String()
	case a.Err.Code == hubbub.CodeOutcomeUnknown:
		note.outcome = claimUnknown
	}
	select {
	case c.notes <- note:
	default:
	}
}

// run notes outcomes, and that this server lives, until ctx ends.
func (c *claims) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		c.live(ctx)
		return nil
	})
	for range claimWriters {
		g.Go(func() error {
			for {
				select {
				case n := <-c.notes:
					c.note(ctx, n)
				case <-ctx.Done():
					return nil
				}
			}
		})
	}
	return g.Wait()
}

// live says that this server lives until ctx ends.
func (c *claims) live(ctx context.Context) {
	tick := time.NewTicker(aliveEvery)
	defer tick.Stop()
	for {
		c.say(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// say says that this server lives; without the cache nobody asks.
func (c *claims) say(ctx context.Context) {
	_ = c.cache.Set(ctx, aliveKey+c.server, nil, aliveFor)
}

// note writes one down; whether it works shows in nothing but the time that a repeat
// at another server takes.
func (c *claims) note(ctx context.Context, n claimNote) {
	if n.outcome == "" {
		_ = c.cache.Delete(ctx, n.key)
	} else {
		_ = c.cache.Set(ctx, n.key, []byte(n.outcome), flightWindow)
	}
}

// loggedOf reads the outcome of a claim; ok is false if it is not that of a message
// that was logged.
func loggedOf(outcome string) (l room.Logged, ok bool) {
	id, at, ok := strings.Cut(outcome, " ")
	if !ok {
		return room.Logged{}, false
	}
	position, err := hubbub.ParsePosition(at)
	return room.Logged{ID: hubbub.MessageID(id), Position: position}, err == nil
}

// elsewhere finds out whether a message was logged by another server, and claims it if
// it was not. ok: it was logged. An error: that is not known.
func (s *Sender) elsewhere(ctx context.Context, key flightKey, r *room.Room) (logged room.Logged, ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	for waited := false; ; waited = true {
		outcome, free, err := s.claims.take(ctx, key)
		if free && !waited {
			return room.Logged{}, false, nil // the usual way
		}
		if logged, ok := loggedOf(outcome); ok && err == nil {
			return logged, true, nil
		}
		mine := free || err != nil || outcome == claimUnknown
		if !mine {
			mine, err = s.claims.inherit(ctx, key, outcome)
		}
		// Nobody says: it may be in the log, and the room not there yet.
		if err := s.caughtUp(ctx, r); err != nil {
			return room.Logged{}, false, err
		}
		logged, ok := r.Repeated(key.user, key.nonce, s.options.Now())
		if ok || mine || err != nil {
			return logged, ok, nil
		}
		select {
		case <-time.After(claimPoll):
		case <-ctx.Done():
			return room.Logged{}, false, ctx.Err()
		}
	}
}
