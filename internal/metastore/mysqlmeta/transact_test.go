package mysqlmeta

import (
	"context"
	"errors"
	"testing"

	"github.com/go-sql-driver/mysql"
)

func TestInsistingIsBounded(t *testing.T) {
	lose := &mysql.MySQLError{Number: deadlock}
	called := 0
	err := insisting(t.Context(), func() error { called++; return lose })
	if called != tries || !errors.Is(err, lose) {
		t.Errorf("called %d times, %v", called, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	called = 0
	if err := insisting(ctx, func() error { called++; return lose }); called == tries || !errors.Is(err, context.Canceled) {
		t.Errorf("after the end it was called %d times, %v", called, err)
	}
}
