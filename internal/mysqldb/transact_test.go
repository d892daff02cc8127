package mysqldb

import (
	"context"
	"errors"
	"testing"

	"github.com/go-sql-driver/mysql"
)

func TestInsistIsBounded(t *testing.T) {
	lose := &mysql.MySQLError{Number: deadlock}
	called := 0
	err := Insist(t.Context(), func() error { called++; return lose })
	if called != tries || !errors.Is(err, lose) {
		t.Errorf("called %d times, %v", called, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	called = 0
	if err := Insist(ctx, func() error { called++; return lose }); called == tries || !errors.Is(err, context.Canceled) {
		t.Errorf("after the end it was called %d times, %v", called, err)
	}
}

// What may have been committed is not done again.
func TestInsistOnlyOnWhatIsUndone(t *testing.T) {
	for why, broken := range map[string]error{
		"the connection broke":  mysql.ErrInvalidConn,
		"a key is taken":        &mysql.MySQLError{Number: duplicate},
		"the server shuts down": &mysql.MySQLError{Number: 1053},
	} {
		called := 0
		if err := Insist(t.Context(), func() error { called++; return broken }); called != 1 || !errors.Is(err, broken) {
			t.Errorf("%s: called %d times, %v", why, called, err)
		}
	}
}
