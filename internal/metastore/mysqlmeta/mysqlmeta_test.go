package mysqlmeta

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/metastore/metastoretest"
	"github.com/hubbub-live/hubbub/internal/mysqldb"
	"github.com/hubbub-live/hubbub/internal/mysqldb/mysqltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(mysqltest.With(m)) }

func openIn(ctx context.Context, dir string) (*Store, error) {
	dsn, err := mysqltest.Database(ctx, dir)
	if err != nil {
		return nil, err
	}
	return Open(ctx, dsn)
}

func openStore(t *testing.T) *Store {
	t.Helper()
	s, err := openIn(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestContract(t *testing.T) {
	metastoretest.Run(t, metastoretest.Harness{Open: func(ctx context.Context, dir string) (metastoretest.Store, error) {
		return openIn(ctx, dir)
	}})
}

func TestNewerIsRefused(t *testing.T) {
	dir := t.TempDir()
	s, err := openIn(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`); err != nil {
		t.Fatal(err)
	}
	if _, err := openIn(t.Context(), dir); !errors.Is(err, mysqldb.ErrNewer) {
		t.Errorf("Open = %v, want %v", err, mysqldb.ErrNewer)
	}
}

// What was committed outlives a server that is killed, and the store goes on with the
// next one.
func TestServerIsKilled(t *testing.T) {
	s := openStore(t)
	for n := range 2 {
		id := hubbub.StreamID(fmt.Sprint(n))
		if err := s.CreateStream(t.Context(), hubbub.Stream{ID: id, Status: hubbub.StatusLive}); err != nil {
			t.Fatal(err)
		}
		if err := mysqltest.Server.Kill(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Stream(t.Context(), id); err == nil {
			t.Error("a server that is gone answered")
		}
		if err := mysqltest.Server.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Stream(t.Context(), id); err != nil {
			t.Errorf("after the restart: %v", err)
		}
	}
}

func TestComparesExactly(t *testing.T) {
	s := openStore(t)
	for _, id := range []hubbub.StreamID{"a", "A", "a ", "\u00e1", "a\u0301"} {
		if err := s.CreateStream(t.Context(), hubbub.Stream{ID: id, Status: hubbub.StatusLive}); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestTooLongIsRefused(t *testing.T) {
	s := openStore(t)
	for column, st := range map[string]hubbub.Stream{
		"title": {ID: "1", Title: strings.Repeat("가", 1025)},
		"id":    {ID: hubbub.StreamID(strings.Repeat("x", 257))},
	} {
		st.Status = hubbub.StatusLive
		err := s.CreateStream(t.Context(), st)
		if err == nil || !strings.Contains(err.Error(), "'"+column+"'") {
			t.Errorf("%s: %v", column, err)
		}
	}
}

func TestInOrder(t *testing.T) {
	text, args := inOrder("a = ?2 AND b = ?1 AND c = ?2", []any{1, 2})
	if text != "a = ? AND b = ? AND c = ?" || fmt.Sprint(args) != "[2 1 2]" {
		t.Errorf("%s %v", text, args)
	}
	if text, args = inOrder("a = ?", []any{1}); text != "a = ?" || len(args) != 1 {
		t.Errorf("%s %v", text, args)
	}
}
