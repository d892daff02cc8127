package cassandraarchive

import (
	"context"
	"errors"
	"fmt"

	gocql "github.com/apache/cassandra-gocql-driver/v2"

	"github.com/hubbub-live/hubbub/internal/archive"
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
