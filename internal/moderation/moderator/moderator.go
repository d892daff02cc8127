// Package moderator is how people moderate a room: it decides who may do what to
// whom, writes that into the room's log as a control record, and answers once the
// record is durable and the room of this server keeps to it, so that nothing that is
// sent after the answer slips through. What the records do to a room is package
// moderation's; the audit is the records, read back.
package moderator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/chat/room"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/moderation"
	"github.com/hubbub-live/hubbub/internal/streams"
)

// History is what is read of the past; *history.Reader has it.
type History interface {
	Page(ctx context.Context, q archive.Query) ([]archive.Entry, error)
	Find(ctx context.Context, stream hubbub.StreamID, id hubbub.MessageID) (archive.Entry, bool, error)
}

// A Person is somebody whom accounts know.
type Person struct {
	ID    hubbub.UserID
	Name  string
	Roles []string // of the site
}

// People finds those who have signed in here; ok is false if nobody is known.
type People interface {
	Person(ctx context.Context, id hubbub.UserID) (p Person, ok bool, err error)
	// Named finds an account by its name, case aside.
	Named(ctx context.Context, name string) (p Person, ok bool, err error)
}

// Options of a Service. Log, Hub, History and People are required.
type Options struct {
	Log     eventlog.Log
	Hub     *room.Hub // of this server
	History History
	People  People
	Logger  *slog.Logger          // nil: nowhere
	Metrics prometheus.Registerer // nil: none
}

// A Service moderates rooms. Its methods may be called concurrently; their errors
// are *hubbub.Error, or of stores that cannot be read.
type Service struct {
	o     Options
	count *prometheus.CounterVec

	// settings is held while settings are read, changed and written: of two who
	// change different ones neither undoes the other's.
	settings sync.Mutex
}

// New makes a service.
func New(o Options) *Service {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Service{o: o, count: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "hubbub_moderation_actions_total",
		Help: "What moderators asked for, by action and result (done, refused, failed).",
	}, []string{"action", "result"})}
	if o.Metrics != nil {
		o.Metrics.MustRegister(s.count)
	}
	return s
}

// Done is a control record that is in the log.
type Done struct {
	hubbub.Control
	Position hubbub.Position
}

// Do does what somebody asks for in a stream. It blocks until that is durable and
// honoured by the room of this server. outcome_unknown means that it may be done.
func (s *Service) Do(ctx context.Context, by streams.Actor, stream hubbub.Stream, o Order) (Done, error) {
	done, err := s.do(ctx, by, stream, o)
	action, result := o.Action, "done"
	if err != nil {
		result = "refused"
		switch hubbub.AsError(err).Code {
		case hubbub.CodeInternal, hubbub.CodeUnavailable, hubbub.CodeOutcomeUnknown, hubbub.CodeStorageFull, hubbub.CodeOverloaded:
			result = "failed"
		case hubbub.CodeBadRequest:
			if _, bad := o.clean(); bad != nil {
				action = "invalid" // or strangers would choose the label
			}
		}
	}
	s.count.WithLabelValues(string(action), result).Inc()
	return done, err
}

func (s *Service) do(ctx context.Context, by streams.Actor, stream hubbub.Stream, o Order) (Done, error) {
	o, err := o.clean()
	if err != nil {
		return Done{}, err
	}
	if err := streams.May(by, streams.ActionModerate, stream); err != nil {
		return Done{}, err
	}
	r, err := s.o.Hub.Room(ctx, stream.ID)
	if err != nil {
		return Done{}, err
	}
	if o.Action == hubbub.ActionSettings {
		s.settings.Lock()
		defer s.settings.Unlock()
	}
	c, err := s.control(ctx, by, stream, r, o)
	if err != nil {
		return Done{}, err
	}
	position, err := s.append(ctx, c)
	if err != nil {
		return Done{}, err
	}
	if err := r.Reach(ctx, position); err != nil {
		return Done{}, unknown(fmt.Errorf("wait for the room: %w", err))
	}
	return Done{c, position}, nil
}

// control makes the record of an order, or returns why it is refused.
func (s *Service) control(ctx context.Context, by streams.Actor, stream hubbub.Stream, r *room.Room, o Order) (hubbub.Control, error) {
	c, err := withID(hubbub.Control{StreamID: stream.ID, Action: o.Action, By: by.User, Seconds: o.Seconds, Reason: o.Reason})
	if err != nil {
		return hubbub.Control{}, err
	}
	var to Person
	switch o.Action {
	case hubbub.ActionSettings:
		c.Settings = o.Settings.on(r.Settings())
	case hubbub.ActionDelete:
		to, err = s.author(ctx, stream.ID, o.MessageID)
		c.MessageID, c.UserID = o.MessageID, to.ID
	case hubbub.ActionTimeout, hubbub.ActionBan, hubbub.ActionUnban:
		to, err = s.target(ctx, r, o)
		c.UserID = to.ID
	}
	if err != nil {
		return hubbub.Control{}, err
	}
	err = may(o.Action, relation{
		by:    streams.RankOf(streams.Roles(by, stream)),
		to:    streams.RankOf(streams.Roles(streams.Actor{User: to.ID, Roles: to.Roles}, stream)),
		self:  to.ID != "" && to.ID == by.User,
		owner: to.ID != "" && to.ID == stream.HostID,
	})
	if err != nil {
		return hubbub.Control{}, err
	}
	if o.Action == hubbub.ActionBan && r.Banned() >= moderation.MaxBanned {
		return hubbub.Control{}, hubbub.Refuse(hubbub.CodeBadRequest, "a room has at most %d bans; lift some first", moderation.MaxBanned)
	}
	return c, nil
}

// author returns who wrote a message.
func (s *Service) author(ctx context.Context, stream hubbub.StreamID, id hubbub.MessageID) (Person, error) {
	e, ok, err := s.o.History.Find(ctx, stream, id)
	if err != nil {
		return Person{}, err
	}
	if !ok {
		return Person{}, hubbub.Refuse(hubbub.CodeMessageNotFound, "stream %s has no such message", stream)
	}
	m, err := hubbub.ParseMessage(e.Value)
	if err != nil || e.Erased {
		return Person{}, nil //nolint:nilerr // whoever that was is nobody now
	}
	return s.known(ctx, Person{ID: m.Sender.ID, Name: m.Sender.Name, Roles: m.Sender.Roles})
}

// target returns to whom an order is to be done: by id whoever has it, by name one
// of the room, or else an account.
func (s *Service) target(ctx context.Context, r *room.Room, o Order) (Person, error) {
	if o.UserID != "" {
		to := Person{ID: o.UserID}
		if seen, ok := r.Sender(o.UserID); ok {
			to.Roles = seen.Roles
		}
		return s.known(ctx, to)
	}
	switch found := r.Named(o.Name); {
	case len(found) > 1:
		return Person{}, hubbub.Refuse(hubbub.CodeBadRequest, "there is more than one %.40q in the room; click on a message of the one you mean", o.Name)
	case len(found) == 1:
		return s.known(ctx, Person{ID: found[0].ID, Name: found[0].Name, Roles: found[0].Roles})
	}
	p, ok, err := s.o.People.Named(ctx, o.Name)
	if err == nil && !ok {
		err = hubbub.Refuse(hubbub.CodeUserNotFound, "nobody called %.40q has written here lately or has an account", o.Name)
	}
	return p, err
}

// known returns somebody with the roles that their account has, where there is one;
// else those that they showed.
func (s *Service) known(ctx context.Context, p Person) (Person, error) {
	account, ok, err := s.o.People.Person(ctx, p.ID)
	if err != nil || !ok {
		return p, err
	}
	return account, nil
}

// append writes a control record and waits until it is durable.
func (s *Service) append(ctx context.Context, c hubbub.Control) (hubbub.Position, error) {
	type outcome struct {
		position hubbub.Position
		err      error
	}
	done := make(chan outcome, 1)
	s.start(c, func(position hubbub.Position, err error) { done <- outcome{position, err} }) //nolint:contextcheck // what is on its way is written, whoever has left
	select {
	case o := <-done:
		return o.position, refusal(o.err)
	case <-ctx.Done():
		return hubbub.Position{}, unknown(context.Cause(ctx))
	}
}

// start hands a control record to the log. done is called on the log's goroutine.
func (s *Service) start(c hubbub.Control, done func(hubbub.Position, error)) {
	record := eventlog.Record{Stream: c.StreamID, Kind: hubbub.KindControl, Value: c.AppendJSON(nil)}
	// Not with the caller's context: what was handed over may be logged all the same.
	s.o.Log.Append(context.Background(), eventlog.RawChats, record, func(p hubbub.Position, _ time.Time, err error) { done(p, err) })
}

// Tell writes what has happened to a stream into its room, for those who follow it;
// it does not wait. The metastore has it already: a record that cannot be written is
// missed by viewers, and no more.
func (s *Service) Tell(c hubbub.Control) {
	told := func(err error) {
		if err != nil {
			s.o.Logger.Warn("a change of a stream could not be told to its room", "stream", c.StreamID, "action", c.Action, "error", err)
		}
	}
	c, err := withID(c)
	if err != nil {
		told(err)
		return
	}
	s.start(c, func(_ hubbub.Position, err error) { told(err) })
}

func withID(c hubbub.Control) (hubbub.Control, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return c, fmt.Errorf("make an id: %w", err)
	}
	c.ID = hubbub.MessageID(id.String())
	return c, nil
}

// refusal says what a failed append means to who asked; nil stays nil.
func refusal(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, eventlog.ErrUnknown):
		return unknown(err)
	case errors.Is(err, eventlog.ErrFull), errors.Is(err, eventlog.ErrReadOnly):
		return &hubbub.Error{Code: hubbub.CodeStorageFull, Message: "the server has no room for it; try again later", RetryAfter: 10 * time.Second, Err: err}
	}
	return &hubbub.Error{Code: hubbub.CodeUnavailable, Message: "nothing can be written now; try again in a moment", RetryAfter: time.Second, Err: err}
}

func unknown(err error) error {
	return &hubbub.Error{Code: hubbub.CodeOutcomeUnknown, Message: "it may be done; look at the room, or do it again", RetryAfter: time.Second, Err: err}
}
