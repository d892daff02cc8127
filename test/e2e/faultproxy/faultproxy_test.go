package faultproxy

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// ends are the two ends of a connection through a proxy.
func ends(t *testing.T) (p *Proxy, client, server net.Conn) {
	t.Helper()
	t.Cleanup(func() { goleak.VerifyNone(t) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if p, err = New(l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	if client, err = p.Dial(t.Context(), "tcp", "ignored:1"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return p, client, server
}

// say writes at one end and waits for it at the other.
func say(t *testing.T, from, to net.Conn, line string) {
	t.Helper()
	if _, err := io.WriteString(from, line+"\n"); err != nil {
		t.Fatal(err)
	}
	if got, err := bufio.NewReader(to).ReadString('\n'); got != line+"\n" {
		t.Fatalf("%q came as %q, %v", line, got, err)
	}
}

func silent(t *testing.T, c net.Conn) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if n, err := c.Read(make([]byte, 1)); n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("not silent and open: %d, %v", n, err)
	}
}

func broken(t *testing.T, c net.Conn) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if n, err := c.Read(make([]byte, 1)); n > 0 || err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("not broken: %d, %v", n, err)
	}
}

func TestForwardsBothWays(t *testing.T) {
	p, client, server := ends(t)
	p.Delay(time.Millisecond)
	say(t, client, server, "there")
	say(t, server, client, "and back")
	p.Throttle(1 << 20)
	long := strings.Repeat("x", 64<<10)
	go io.WriteString(client, long)
	got := make([]byte, len(long))
	if _, err := io.ReadFull(server, got); err != nil || !bytes.Equal(got, []byte(long)) {
		t.Errorf("a long text did not come as it was: %v", err)
	}
	client.Close()
	broken(t, server)
}

func TestCut(t *testing.T) {
	p, client, server := ends(t)
	say(t, client, server, "hello")
	p.Cut()
	broken(t, client)
	broken(t, server)
}

func TestHalfOpen(t *testing.T) {
	p, client, server := ends(t)
	say(t, client, server, "hello")
	p.HalfOpen()
	broken(t, client)
	silent(t, server)
}

func TestFreeze(t *testing.T) {
	p, client, server := ends(t)
	say(t, client, server, "hello")
	p.Freeze()
	_, _ = io.WriteString(client, "lost")
	silent(t, server)
	silent(t, client)
	p.Cut()
	broken(t, client)
}
