// Package spark asks Spark. It keeps a warm session with a master, which is a process of
// Java beside this one, the driver of engines/spark, and hands it SQL over a pipe:
// nothing listens for that.
package spark

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/hubbub-live/hubbub"
)

// A Session answers queries, one at a time; others wait for their turn. If its driver
// dies, the next query has a new one. Its methods may be called at any time from
// any goroutine.
type Session struct {
	options Options
	turn    chan struct{} // has an element while somebody has the driver
	driver  *driver       // of whose turn it is
	closed  chan struct{}
	close   sync.Once
}

// Open starts a driver and waits until it has run a task, so that queries find it
// warm: some ten seconds. The error is of code unavailable, and has what the driver
// printed last.
func Open(ctx context.Context, o Options) (*Session, error) {
	s := &Session{options: o.withDefaults(), turn: make(chan struct{}, 1), closed: make(chan struct{})}
	if err := s.take(ctx); err != nil {
		return nil, errors.Join(unavailable("Spark could not be started", err), s.stop())
	}
	s.release()
	return s, nil
}

// Query runs statements, in order, and returns the rows of the last as JSON objects
// without the columns that are null. Views are gone when it returns; what was written
// stays, also if a later statement fails.
//
// A query that outlives ctx is ended by killing the driver, and with it all that runs
// in its name; executors may go on for a moment. The next query waits for a new driver.
//
// Errors are *hubbub.Error: unavailable if there was no driver to answer, or it ended
// meanwhile, or ctx did: what became of the statements is not known, and asking again
// may help; too_large for a query over 4 MiB; internal for what Spark answered to it,
// which is the cause: also that there are more than 100,000 rows or 16 MiB.
func (s *Session) Query(ctx context.Context, sql ...string) ([]json.RawMessage, error) {
	if err := s.take(ctx); err != nil {
		return nil, unavailable("Spark is not there to be asked: try again", err)
	}
	defer s.release()
	id, err := s.driver.send(sql)
	if err != nil {
		return nil, err
	}
	answer, err := s.await(ctx, id)
	switch {
	case err != nil:
		return nil, unavailable("Spark gave no answer: try again", err)
	case answer.Error != "":
		return nil, &hubbub.Error{Code: hubbub.CodeInternal, Message: "Spark could not answer a query", Err: errors.New(answer.Error)}
	}
	return answer.Rows, nil
}

// Close ends the driver, also in the middle of a query, and waits until it has ended.
func (s *Session) Close() error {
	s.close.Do(func() { close(s.closed) })
	s.turn <- struct{}{} // who has it sees that it is over
	defer s.release()
	if err := s.stop(); err != nil {
		return fmt.Errorf("close the session with spark: %w", err)
	}
	return nil
}

func (s *Session) stop() error {
	if s.driver == nil {
		return nil
	}
	return s.driver.stop(s.options.Grace)
}

// take waits for the turn, and for a driver that is ready. One that is starting still
// does so when ctx ends, for who comes next.
func (s *Session) take(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if err := s.awaitDriver(ctx); err != nil {
		s.release()
		return err
	}
	return nil
}

func (s *Session) release() { <-s.turn }

func (s *Session) awaitDriver(ctx context.Context) error {
	select {
	case <-s.closed:
		return errClosed
	default:
	}
	if err := s.ensureDriver(ctx); err != nil {
		return err
	}
	select {
	case <-s.driver.ready:
		return nil
	case <-s.driver.ended:
		return s.driver.why
	case <-s.closed:
		return errClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// ensureDriver starts a driver unless one lives.
func (s *Session) ensureDriver(ctx context.Context) (err error) {
	if s.driver != nil {
		select {
		case <-s.driver.ended:
		default:
			return nil
		}
	}
	s.driver, err = startDriver(ctx, s.options)
	return err
}

// await waits for the answer to a request.
func (s *Session) await(ctx context.Context, id string) (answer, error) {
	d := s.driver
	select {
	case a := <-d.answers:
		if a.ID == id {
			return a, nil
		}
		d.kill(errors.New("it answered another question"))
	case <-s.closed:
		return answer{}, errClosed
	case <-d.ended:
	case <-ctx.Done():
		d.kill(context.Cause(ctx))
	}
	<-d.ended
	_ = s.ensureDriver(ctx) // in time for the next query, who tries again if it fails
	return answer{}, d.why
}

var (
	errClosed   = errors.New("the session is closed")
	errTooLarge = hubbub.Refuse(hubbub.CodeTooLarge, "a query for Spark is over %d bytes: ask for less at once", requestBytes)
)

func unavailable(message string, err error) error {
	return &hubbub.Error{Code: hubbub.CodeUnavailable, Message: message, Err: err}
}
