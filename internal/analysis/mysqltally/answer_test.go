package mysqltally

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis/worker"
	"github.com/hubbub-live/hubbub/internal/mysqldb/mysqltest"
)

// A deafConn breaks when the answer to a commit has come, and tells nobody what it was.
type deafConn struct{ net.Conn }

func (c deafConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if err != nil || !bytes.HasSuffix(b, []byte("COMMIT")) {
		return n, err
	}
	if _, err := c.Read(make([]byte, 1<<10)); err != nil {
		return n, err
	}
	return n, c.Close()
}

// A commit whose answer is lost is not said to have stored nothing.
func TestTheAnswerOfACommitIsLost(t *testing.T) {
	mysql.RegisterDialContext("deaf", func(ctx context.Context, address string) (net.Conn, error) {
		var d net.Dialer
		c, err := d.DialContext(ctx, "tcp", address)
		return deafConn{c}, err
	})
	defer mysql.DeregisterDialContext("deaf")
	dir := t.TempDir()
	s, err := openIn(t.Context(), dir) // migrations commit, too
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	dsn, err := mysqltest.Database(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	deaf, err := Open(t.Context(), strings.Replace(dsn, "@tcp(", "@deaf(", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	for n := uint64(1); n <= 2; n++ {
		c, states := step(n)
		before := hubbub.Position{Epoch: uint32(min(n-1, 1)), N: n - 1}
		if err := deaf.Save(t.Context(), before, c, states); err == nil || errors.Is(err, worker.ErrMoved) {
			t.Errorf("Save = %v", err)
		}
		wantSteps(t, s, n)
	}
}
