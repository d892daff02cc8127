package cassandraarchive

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	gocql "github.com/apache/cassandra-gocql-driver/v2"

	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/engine"
)

// interpret gives an error of the driver its meaning in the contract. What is not a
// refusal of what was asked may be different the next time.
func interpret(err error) error {
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded),
		errors.Is(err, archive.ErrUnavailable), errors.Is(err, ErrNewer):
		return err
	case errors.Is(err, gocql.ErrSessionClosed):
		return fmt.Errorf("%w: %w", archive.ErrClosed, err)
	case refused(err, gocql.ErrCodeSyntax, gocql.ErrCodeInvalid, gocql.ErrCodeConfig, gocql.ErrCodeUnauthorized,
		gocql.ErrCodeCredentials, gocql.ErrCodeProtocol):
		return err
	}
	return fmt.Errorf("%w: %w", archive.ErrUnavailable, err)
}

// lastRefusal keeps why a connection was not made: the driver tells of it in words alone.
type lastRefusal struct{ err atomic.Pointer[error] }

// ObserveConnect keeps what waiting does not change.
func (l *lastRefusal) ObserveConnect(c gocql.ObservedConnect) {
	err := c.Err
	switch {
	case refused(err, gocql.ErrCodeCredentials):
		err = fmt.Errorf("%w: %w", engine.ErrPassword, err)
	case !engine.Untrusted(err):
		return
	}
	l.err.Store(&err)
}

func (l *lastRefusal) get() error {
	if err := l.err.Load(); err != nil {
		return *err
	}
	return nil
}

// refused says whether the server answered with one of the codes.
func refused(err error, codes ...int) bool {
	var e gocql.RequestError
	if !errors.As(err, &e) {
		return false
	}
	for _, code := range codes {
		if e.Code() == code {
			return true
		}
	}
	return false
}
