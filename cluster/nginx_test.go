package cluster

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/hubbub-live/hubbub/cluster/loopback"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs; it is now\n%s", path, got)
	}
}

func TestNginxConf(t *testing.T) {
	text, err := nginxConf(Front{Port: 8080, Chat: []int{15001, 15002}, User: 15003}, true)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "nginx.conf", text)
}

// A backend stands for a role: it says who it is, and keeps WebSockets open.
type backend struct {
	name    string
	port    int
	server  *http.Server
	ended   chan struct{}
	unready atomic.Bool

	mu      sync.Mutex
	viewers []net.Conn
}

func startBackend(t *testing.T, name string, port int) *backend {
	t.Helper()
	l, err := net.Listen("tcp", loopback.Address(port))
	if err != nil {
		t.Fatal(err)
	}
	b := &backend{name: name, port: port, ended: make(chan struct{})}
	b.server = &http.Server{Handler: b}
	go func() {
		defer close(b.ended)
		_ = b.server.Serve(l) // until it is killed
	}()
	t.Cleanup(b.kill)
	return b
}

// kill ends it with all its connections, as the end of a process would.
func (b *backend) kill() {
	_ = b.server.Close()
	<-b.ended
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.viewers {
		c.Close()
	}
	b.viewers = nil
}

func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case b.unready.Load():
		w.WriteHeader(http.StatusServiceUnavailable)
	case r.Header.Get("Upgrade") != "":
		conn, _, _, err := ws.UpgradeHTTP(r, w)
		if err != nil {
			return
		}
		b.mu.Lock()
		b.viewers = append(b.viewers, conn)
		b.mu.Unlock()
		_ = wsutil.WriteServerText(conn, []byte(b.name))
	case strings.HasPrefix(r.URL.Path, "/api/v1/streams/subscribe"):
		fmt.Fprint(w, "event: connect\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done() // nothing more comes: only what is not held back arrives
	default:
		fmt.Fprintf(w, "%s %s %s", b.name, r.Host, r.Header.Get("X-Forwarded-For"))
	}
}

// startNginx starts one before two chat servers and a user server.
func startNginx(t *testing.T) (address string, chat []*backend) {
	t.Helper()
	ports, err := loopback.FreePorts(4)
	if err != nil {
		t.Fatal(err)
	}
	for i, port := range ports[:2] {
		chat = append(chat, startBackend(t, fmt.Sprintf("chat-%d", i+1), port))
	}
	startBackend(t, "user", ports[2])
	nginx, err := NewNginx(t.Context(), t.TempDir(), Front{Port: ports[3], Chat: ports[:2], User: ports[2]})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { endOf(t, nginx) })
	start(t, nginx)
	return loopback.Address(ports[3]), chat
}

// watch opens a WebSocket until the end of the test, and returns who has it.
func watch(t *testing.T, address, path string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	conn, early, _, err := ws.Dial(ctx, "ws://"+address+path)
	if err != nil {
		t.Fatalf("open %s: %v", path, err)
	}
	t.Cleanup(func() { conn.Close() })
	from := io.Reader(conn)
	if early != nil {
		from = io.MultiReader(early, conn)
	}
	frame, err := ws.ReadFrame(from)
	if err != nil {
		t.Fatalf("read from %s: %v", path, err)
	}
	return string(frame.Payload)
}

// watchMany opens a number of WebSockets and counts who has them.
func watchMany(t *testing.T, address string, n int) map[string]int {
	t.Helper()
	has := make(map[string]int)
	for range n {
		has[watch(t, address, "/chat/ws")]++
	}
	return has
}

func TestNginxForwards(t *testing.T) {
	address, _ := startNginx(t)
	for path, want := range map[string]string{
		"/":                "user",
		"/api/v1/streams":  "user",
		"/wsx":             "user",
		"/chat/wsx":        "user",
		"/x/ws":            "user",
		"/ws/info":         "chat-",
		"/chat/ws/info?t=": "chat-",
	} {
		if got := get(t, address, path); !strings.HasPrefix(got, want) || !strings.HasSuffix(got, " "+address+" 203.0.113.9, 127.0.0.1") {
			t.Errorf("%s was answered with %q, want %s, the host and who asked", path, got, want)
		}
	}
	for _, path := range []string{"/ws", "/chat/ws", "/ws/123/abc/websocket", "/chat/ws/123/abc/websocket", "/chat/ws/websocket"} {
		if got := watch(t, address, path); !strings.HasPrefix(got, "chat-") {
			t.Errorf("%s went to %s", path, got)
		}
	}
	firstEvent(t, address)
}

func get(t *testing.T, address, path string) string {
	t.Helper()
	response := ask(t, t.Context(), address, path)
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func ask(t *testing.T, ctx context.Context, address, path string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Close = true
	request.Header.Set("X-Forwarded-For", "203.0.113.9")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	return response
}

// firstEvent reads what a proxy that buffers would keep.
func firstEvent(t *testing.T, address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	lines := bufio.NewScanner(ask(t, ctx, address, "/api/v1/streams/subscribe?ids=1").Body)
	if !lines.Scan() || lines.Text() != "event: connect" {
		t.Errorf("the first line of an event stream is %q, %v", lines.Text(), lines.Err())
	}
}

// Each chat server gets its share; one that is down gets nobody and keeps nobody
// waiting, and has its share again as soon as it is back.
func TestNginxSpreads(t *testing.T) {
	address, chat := startNginx(t)
	if has := watchMany(t, address, 40); has["chat-1"] != 20 || has["chat-2"] != 20 {
		t.Errorf("of 40 connections %v", has)
	}
	chat[1].kill()
	if has := watchMany(t, address, 20); has["chat-1"] != 20 {
		t.Errorf("while one is down, of 20 connections %v", has)
	}
	startBackend(t, "chat-2", chat[1].port)
	// The other has 40 by now.
	if has := watchMany(t, address, 40); has["chat-2"] != 40 {
		t.Errorf("after it is back, of 40 connections %v", has)
	}
	if has := watchMany(t, address, 10); has["chat-2"] != 5 {
		t.Errorf("when they are even again, of 10 connections %v", has)
	}
}

// One that answers but is not ready gets nobody either, though it has the fewest.
func TestNginxPassesUnready(t *testing.T) {
	address, chat := startNginx(t)
	chat[1].unready.Store(true)
	if has := watchMany(t, address, 10); has["chat-1"] != 10 {
		t.Errorf("while one is not ready, of 10 connections %v", has)
	}
}
