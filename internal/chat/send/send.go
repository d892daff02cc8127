// Package send is the way of a message from a viewer into the log: checked,
// limited, recognised when repeated, appended, and answered exactly once, with a
// receipt only when it is durable.
//
// Nothing here waits for the log or for other viewers, but a repeat of a message
// whose outcome is unknown, and with other chat servers the cache is asked whether one
// of them has a nonce; answers come from the log's goroutine.
package send

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/cache"
	"github.com/hubbub-live/hubbub/internal/chat/room"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/moderation"
	"github.com/hubbub-live/hubbub/internal/streams"
	"github.com/hubbub-live/hubbub/internal/text"
	"github.com/hubbub-live/hubbub/internal/token"
)

// Options of a Sender. Log, Hub, Cache, Stream, May and Logger are required.
type Options struct {
	Log   eventlog.Log
	Hub   *room.Hub
	Cache cache.Cache // slow mode, across chat servers
	// Shared says that there are other chat servers, which have the same cache: a nonce
	// may be repeated at another one.
	Shared bool
	// Stream returns a stream, or a *hubbub.Error if there is none or it is not known.
	Stream func(ctx context.Context, id hubbub.StreamID) (hubbub.Stream, error)
	// May is the policy: nil, or why who may not send to the stream.
	May func(who token.Identity, s hubbub.Stream) error
	// Words refuses a message for what is in it; nil: nothing is.
	Words func(ctx context.Context, m *hubbub.Message) error

	Rate    float64       // messages a second and user; 0: no limit
	Burst   int           // of the rate
	Length  int           // user-perceived characters of a message; 0: no limit but text.DefaultBytes
	Timeout time.Duration // after it the outcome is reported as unknown; 0: 10 s
	Now     func() time.Time
	Logger  *slog.Logger
	Metrics prometheus.Registerer
}

// A Post is one SEND.
type Post struct {
	Who    token.Identity // Who.User "" is anonymous
	Stream hubbub.StreamID
	Body   []byte // not retained
	Nonce  string // "": none
	// Answer is called exactly once, on any goroutine, and must not block.
	Answer func(Answer)
}

// An Answer is what became of a Post: logged, or Err.
type Answer struct {
	room.Logged
	Err *hubbub.Error // CodeOutcomeUnknown: may be logged; any other: certainly not
	// Content is the text as it was sent, to be given back when refused.
	Content string
}

// A Sender takes posts. All methods may be called concurrently.
type Sender struct {
	options Options
	rates   rates
	flights flights
	claims  claims
	waiting waiting
	count   counters
}

// New returns a sender. Run must be called for posts to time out.
func New(options Options) *Sender {
	if options.Timeout == 0 {
		options.Timeout = 10 * time.Second
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	s := &Sender{options: options, count: newCounters(options.Metrics)}
	s.rates.perSecond, s.rates.burst = options.Rate, options.Burst
	if options.Shared {
		s.claims = newClaims(options.Cache, options.Timeout)
	}
	return s
}

// Run ends the waiting of posts whose outcome does not come, until ctx ends.
func (s *Sender) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.tidy(ctx) })
	if s.options.Shared {
		g.Go(func() error { return s.claims.run(ctx) })
	}
	return g.Wait()
}

func (s *Sender) tidy(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			now := s.options.Now()
			s.waiting.expire(now)
			s.flights.forget(now)
			s.rates.forget(now)
		case <-ctx.Done():
			return nil
		}
	}
}

// Post checks a message and appends it to the log. It waits for the stream to be
// looked up and the room to be loaded, and with the repeat of a message whose
// outcome is unknown, for what is logged to be seen; the answer may come later.
func (s *Sender) Post(ctx context.Context, p Post) {
	body, err := parse(p.Body, p.Stream)
	answer := s.answerer(p, body.Content)
	if p.Who.User == "" {
		err = hubbub.Refuse(hubbub.CodeTokenRequired, "sign in to write: CONNECT with an Authorization header")
	}
	var m *hubbub.Message
	var r *room.Room
	if err == nil {
		m, r, err = s.check(ctx, p, body.Content)
	}
	switch {
	case err != nil:
		answer(Answer{Err: hubbub.AsError(err)})
	case p.Nonce == "":
		s.log(ctx, m, r, answer)
	default:
		s.logOnce(ctx, m, r, answer)
	}
}

// log appends a message if the room's rules and the rates let it.
func (s *Sender) log(ctx context.Context, m *hubbub.Message, r *room.Room, done func(Answer)) {
	if err := s.admit(ctx, m, r); err != nil {
		done(Answer{Err: hubbub.AsError(err)})
		return
	}
	s.append(m, done) //nolint:contextcheck // what is on its way is written, whoever has left
}

// logOnce is log for a message with a nonce: if it is a repeat, the first one's
// answer is its own.
func (s *Sender) logOnce(ctx context.Context, m *hubbub.Message, r *room.Room, answer func(Answer)) {
	key := flightKey{m.StreamID, m.Sender.ID, m.Nonce}
	first, doubtful := s.flights.join(key, answer)
	if !first {
		return
	}
	land := func(a Answer) { s.flights.land(key, s.options.Now(), a) }
	if doubtful {
		if err := s.caughtUp(ctx, r); err != nil {
			land(Answer{Err: unknown(err)})
			return
		}
	}
	if logged, ok := r.Repeated(m.Sender.ID, m.Nonce, s.options.Now()); ok {
		land(Answer{Logged: logged})
		return
	}
	if s.options.Shared {
		logged, ok, err := s.elsewhere(ctx, key, r)
		switch {
		case err != nil:
			land(Answer{Err: unknown(err)})
			return
		case ok:
			land(Answer{Logged: logged})
			return
		}
		alone := land
		land = func(a Answer) {
			s.claims.settle(key, a)
			alone(a)
		}
	}
	s.log(ctx, m, r, land)
}

// caughtUp waits until the room has seen all that is logged, and so knows whether
// a message is whose outcome was unknown. While the log is in trouble nobody does.
func (s *Sender) caughtUp(ctx context.Context, r *room.Room) error {
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	if err := s.options.Log.Healthy(); err != nil {
		return err
	}
	end, err := s.options.Log.End(ctx, eventlog.RawChats, r.ID())
	if err != nil {
		return err
	}
	return r.Reach(ctx, end)
}

// answerer returns what answers p, the first time it is called; when the deadline
// comes first, the answer is that the outcome is unknown.
func (s *Sender) answerer(p Post, content string) func(Answer) {
	give := func(a Answer) {
		a.Content = content
		s.count.answered(a)
		p.Answer(a)
	}
	w := s.waiting.add(s.options.Now().Add(s.options.Timeout), func() {
		give(Answer{Err: unknown(errors.New("the log has not answered"))})
	})
	return func(a Answer) {
		if w.answer() {
			give(a)
		}
	}
}

// body is what a SEND carries; unknown fields, a sender among them, are ignored.
type body struct {
	Content  string          `json:"content"`
	StreamID json.RawMessage `json:"streamId"`
}

// check returns the message to log and its room, or why it is refused.
func (s *Sender) check(ctx context.Context, p Post, raw string) (*hubbub.Message, *room.Room, error) {
	if p.Nonce != "" {
		if err := text.Nonce(p.Nonce); err != nil {
			return nil, nil, err
		}
	}
	stream, err := s.options.Stream(ctx, p.Stream)
	if err != nil {
		return nil, nil, err
	}
	if err := s.options.May(p.Who, stream); err != nil {
		return nil, nil, err
	}
	content, err := text.Content(raw, text.Limits{Characters: s.options.Length})
	if err != nil {
		return nil, nil, err
	}
	r, err := s.options.Hub.Room(ctx, p.Stream)
	if err != nil {
		return nil, nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, nil, fmt.Errorf("make a message id: %w", err)
	}
	return &hubbub.Message{
		ID:       hubbub.MessageID(id.String()),
		StreamID: p.Stream,
		Sender: hubbub.Sender{
			ID: p.Who.User, Name: p.Who.Name, ProfileImageURL: p.Who.Picture, Roles: streams.Roles(streams.Actor{User: p.Who.User, Roles: p.Who.Roles}, stream),
		},
		Content:   content,
		CreatedAt: s.options.Now(),
		Nonce:     p.Nonce,
	}, r, nil
}

// parse reads the body of a post to a stream.
func parse(text []byte, stream hubbub.StreamID) (b body, err error) {
	switch {
	case !utf8.Valid(text):
		return body{}, hubbub.Refuse(hubbub.CodeBodyInvalid, "the body is not UTF-8")
	case len(bytes.TrimSpace(text)) == 0:
		return body{}, hubbub.Refuse(hubbub.CodeBodyInvalid, `the body is empty; send JSON such as {"content":"hello"}`)
	}
	if err := json.Unmarshal(text, &b); err != nil {
		return body{}, hubbub.Refuse(hubbub.CodeBodyInvalid, `the body is not JSON such as {"content":"hello"}: %s`, describe(err))
	}
	if named, ok := b.named(); ok && named != string(stream) {
		return b, hubbub.Refuse(hubbub.CodeStreamMismatch, "the body names stream %.64q, the destination %s; they must be the same or the body name none", named, stream)
	}
	return b, nil
}

// named returns the stream that the body names; the reference's clients send
// numbers as well as strings.
func (b *body) named() (string, bool) {
	raw := string(b.StreamID)
	if raw == "" || raw == "null" {
		return "", false
	}
	var name string
	if json.Unmarshal(b.StreamID, &name) == nil {
		return name, true
	}
	return raw, true
}

func describe(err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("%v at byte %d", syntax, syntax.Offset)
	case errors.As(err, &kind):
		return fmt.Sprintf("%s is of the kind %s", cmp.Or(kind.Field, "it"), kind.Value)
	}
	return "it cannot be read"
}

// admit applies the rules that come last: the room's, the rate, blocked words, slow
// mode.
func (s *Sender) admit(ctx context.Context, m *hubbub.Message, r *room.Room) error {
	roles := m.Sender.Roles
	who := moderation.Speaker{
		User:  m.Sender.ID,
		Guest: slices.Contains(roles, hubbub.RoleGuest),
		Exempt: slices.Contains(roles, hubbub.RoleOwner) || slices.Contains(roles, hubbub.RoleModerator) ||
			slices.Contains(roles, hubbub.RoleAdmin),
	}
	if err := r.May(who); err != nil {
		return err
	}
	if !who.Exempt {
		if wait := s.rates.take(m.Sender.ID, s.options.Now()); wait > 0 {
			refusal := hubbub.Refuse(hubbub.CodeRateLimited, "too many messages: %g a second, wait %d ms", s.options.Rate, wait.Milliseconds()+1)
			refusal.RetryAfter = wait
			return refusal
		}
	}
	// After the rate, so that lists cannot be guessed at any faster; before slow mode,
	// which a message that is refused does not use up.
	if s.options.Words != nil {
		if err := s.options.Words(ctx, m); err != nil {
			return err
		}
	}
	if who.Exempt {
		return nil
	}
	return s.slow(ctx, m, r)
}

// slow holds a user to one message per SlowSeconds of the room.
func (s *Sender) slow(ctx context.Context, m *hubbub.Message, r *room.Room) error {
	seconds := r.Settings().SlowSeconds
	if seconds <= 0 {
		return nil
	}
	window := time.Duration(seconds) * time.Second
	now := s.options.Now()
	key := "slow:" + string(m.StreamID) + ":" + string(m.Sender.ID)
	value, err := now.Add(window).MarshalText()
	if err != nil {
		return fmt.Errorf("note a message for slow mode: %w", err)
	}
	current, added, err := s.options.Cache.Add(ctx, key, value, window)
	if err != nil || added {
		return nil //nolint:nilerr // without the cache slow mode is off: better than nobody being able to write
	}
	refusal := hubbub.Refuse(hubbub.CodeSlowMode, "slow mode: one message every %d seconds", seconds)
	refusal.RetryAfter = window
	var until time.Time
	if until.UnmarshalText(current) == nil {
		refusal.RetryAfter = max(until.Sub(now), time.Millisecond)
	}
	return refusal
}

// append logs the message and calls done with what became of it, once, however
// late.
func (s *Sender) append(m *hubbub.Message, done func(Answer)) {
	value := m.AppendJSON(make([]byte, 0, 320+len(m.Content)))
	record := eventlog.Record{Stream: m.StreamID, Kind: hubbub.KindMessage, Value: value}
	s.options.Log.Append(context.Background(), eventlog.RawChats, record, func(position hubbub.Position, _ time.Time, err error) {
		if err != nil {
			done(Answer{Err: logError(err)})
			return
		}
		done(Answer{Logged: room.Logged{ID: m.ID, Position: position}})
	})
}

// logError says what a failed append means for the sender.
func logError(err error) *hubbub.Error {
	e := &hubbub.Error{Err: err, RetryAfter: time.Second}
	switch {
	case errors.Is(err, eventlog.ErrUnknown):
		return unknown(err)
	case errors.Is(err, eventlog.ErrBusy):
		e.Code, e.Message = hubbub.CodeOverloaded, "too much is being written at once, try again"
	case errors.Is(err, eventlog.ErrFull), errors.Is(err, eventlog.ErrReadOnly):
		e.Code, e.Message, e.RetryAfter = hubbub.CodeStorageFull, "the server has no room for messages, try again later", 10*time.Second
	case errors.Is(err, eventlog.ErrTooLarge):
		e.Code, e.Message, e.RetryAfter = hubbub.CodeContentTooLong, "the message is too large", 0
	default:
		e.Code, e.Message = hubbub.CodeUnavailable, "messages cannot be written now, try again"
	}
	return e
}

func unknown(err error) *hubbub.Error {
	return &hubbub.Error{Code: hubbub.CodeOutcomeUnknown, RetryAfter: time.Second, Err: err,
		Message: "the message may be logged; repeat it with the same nonce"}
}
