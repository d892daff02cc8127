package mysqlmeta

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/cluster"
	"github.com/hubbub-live/hubbub/internal/metastore/metastoretest"
)

// address is the server's; a process that is started to be killed has it from here.
const address = "HUBBUB_TEST_MYSQL"

var server *cluster.MySQL // nil in a process that is to be killed

func TestMain(m *testing.M) {
	if os.Getenv(address) != "" {
		goleak.VerifyTestMain(m)
	}
	goleak.VerifyTestMain(cluster.With(func(ctx context.Context, dir string) (kill func() error, err error) {
		if server, err = cluster.StartMySQL(ctx, dir); err != nil {
			return nil, err
		}
		return server.Kill, os.Setenv(address, server.DSN(""))
	}, m))
}

// database returns the DSN of the database that stands for a folder, made if need be.
func database(ctx context.Context, dir string) (string, error) {
	name := fmt.Sprintf("t%x", sha256.Sum256([]byte(dir)))[:32]
	db, err := sql.Open("mysql", os.Getenv(address))
	if err != nil {
		return "", err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, "CREATE DATABASE IF NOT EXISTS "+name)
	return os.Getenv(address) + name, err
}

func openIn(ctx context.Context, dir string) (*Store, error) {
	dsn, err := database(ctx, dir)
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

// What was committed outlives a server that is killed, and the store goes on with the
// next one.
func TestServerIsKilled(t *testing.T) {
	s := openStore(t)
	for n := range 2 {
		id := hubbub.StreamID(fmt.Sprint(n))
		if err := s.CreateStream(t.Context(), hubbub.Stream{ID: id, Status: hubbub.StatusLive}); err != nil {
			t.Fatal(err)
		}
		if err := server.Kill(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Stream(t.Context(), id); err == nil {
			t.Error("a server that is gone answered")
		}
		if err := server.Start(t.Context()); err != nil {
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
