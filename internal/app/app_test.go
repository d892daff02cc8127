package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var client = http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}

func options(dir string) Options {
	o := good()
	o.Data = dir
	return o
}

// start starts an app in a folder; the test ends it, or its cleanup.
func start(t *testing.T, dir string, change func(*Options)) *App {
	t.Helper()
	o := options(dir)
	if change != nil {
		change(&o)
	}
	a, err := New(t.Context(), o, IO{Stdout: io.Discard, Stderr: t.Output(), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Stop() })
	return a
}

func stop(t *testing.T, a *App) {
	t.Helper()
	for range 2 {
		if err := a.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	}
}

func call(t *testing.T, method, url, body string, header ...string) (status int, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	all, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(all)
}

// TestCycles: stopped and started again, everything is there, and nothing of the
// run before is left.
func TestCycles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	var tokens struct{ AccessToken, RefreshToken string }
	for cycle := range 3 {
		a := start(t, dir, nil)
		if status, text := call(t, "GET", a.URL()+"/readyz", ""); status != http.StatusOK || !strings.Contains(text, `"log":"ok"`) {
			t.Errorf("cycle %d: %d %s", cycle, status, text)
		}
		path, body := "/api/v1/users/guest", `{"name":"Mina"}`
		if cycle > 0 {
			if status, text := call(t, "GET", a.URL()+"/api/v1/users/me", "", "Authorization", "Bearer "+tokens.AccessToken); status != http.StatusOK || !strings.Contains(text, "Mina#") {
				t.Errorf("cycle %d: the token of the run before: %d %s", cycle, status, text)
			}
			path, body = "/api/v1/users/reissue", fmt.Sprintf(`{"refreshToken":%q}`, tokens.RefreshToken)
		}
		status, text := call(t, "POST", a.URL()+path, body)
		if err := json.Unmarshal([]byte(text), &tokens); err != nil || status != http.StatusOK {
			t.Fatalf("cycle %d: %d %s", cycle, status, text)
		}
		if status, text := call(t, "GET", a.URL()+"/api/v1/streams", ""); status != http.StatusOK || strings.Count(text, `"id":"1"`) != 1 {
			t.Errorf("cycle %d: %d %s", cycle, status, text)
		}
		stop(t, a)
		if _, err := client.Get(a.URL()); err == nil {
			t.Errorf("cycle %d: stopped, it answers", cycle)
		}
	}
}

func TestWhatIsServed(t *testing.T) {
	a := start(t, t.TempDir(), nil)
	for _, row := range []struct {
		path   string
		status int
		says   string
	}{
		{"/", 200, "<!doctype html>"},
		{"/healthz", 200, "ok"},
		{"/readyz", 200, `"ready":true`},
		{"/openapi.json", 200, `"version":"test"`},
		{"/docs", 200, "hubbub API"},
		{"/.well-known/jwks.json", 200, "Ed25519"},
		{"/metrics", 200, "hubbub_log_appended_total"},
		{"/debug/pprof/cmdline", 200, ""},
		{"/chat/ws/info", 200, `"websocket":true`},
		{"/ws/info", 200, `"websocket":true`},
		{"/api/v1/streams/1", 200, "My first stream"},
		{"/api/v1/streams/1/messages", 200, `"messages":[]`},
		{"/api/v1/streams/1/analysis", 200, `"totalCount":0`},
		{"/api/v1/streams/1/analysis?to=2026-11-25T12:00:00Z", 200, `"minutes":[]`},
		{"/api/v1/streams/2", 404, "stream_not_found"},
	} {
		if status, text := call(t, "GET", a.URL()+row.path, ""); status != row.status || !strings.Contains(strings.ToLower(text), strings.ToLower(row.says)) {
			t.Errorf("%s: %d %.200s; want %d %s", row.path, status, text, row.status, row.says)
		}
	}
	for _, path := range []string{"/metrics", "/debug/pprof/heap"} {
		if status, text := call(t, "GET", a.URL()+path, "", "X-Forwarded-For", "127.0.0.1"); status != http.StatusForbidden || !strings.Contains(text, "forbidden") {
			t.Errorf("%s through a proxy: %d %s", path, status, text)
		}
	}
	stop(t, a)
}

func TestAnyRoom(t *testing.T) {
	a := start(t, t.TempDir(), func(o *Options) { o.Rooms = "any" })
	if status, text := call(t, "GET", a.URL()+"/api/v1/streams/made-up/messages", ""); status != http.StatusOK {
		t.Errorf("%d %s", status, text)
	}
	stop(t, a)
}

func TestAdminAddress(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	o := options(t.TempDir())
	o.Admin = address
	_, err = New(t.Context(), o, IO{Stdout: io.Discard, Stderr: t.Output()})
	if err == nil || !strings.Contains(err.Error(), "--admin") || !strings.Contains(err.Error(), address) {
		t.Errorf("taken: %v", err)
	}
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	a := start(t, t.TempDir(), func(o *Options) { o.Admin = address })
	if status, text := call(t, "GET", "http://"+address+"/metrics", "", "X-Forwarded-For", "203.0.113.9"); status != http.StatusOK || !strings.Contains(text, "hubbub_consumer_lag") {
		t.Errorf("%d %s", status, text)
	}
	if _, text := call(t, "GET", a.URL()+"/metrics", ""); strings.Contains(text, "hubbub_consumer_lag") {
		t.Error("metrics are on the main address too")
	}
	stop(t, a)
}

// Two processes listen on one address, the kernel gives both some connections, and who
// stops gets none.
func TestSharedListen(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	o := options(t.TempDir())
	o.Shared = address
	if _, err = New(t.Context(), o, IO{Stdout: io.Discard, Stderr: t.Output()}); err == nil || !strings.Contains(err.Error(), "--shared-listen") {
		t.Errorf("taken by one that does not share: %v", err)
	}
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	one := start(t, t.TempDir(), func(o *Options) { o.Shared = address })
	two := start(t, t.TempDir(), func(o *Options) { o.Shared = address })
	versions := func() (got map[string]int) {
		got = map[string]int{}
		for range 64 { // all of one: 1 in 2^63
			_, text := call(t, "GET", "http://"+address+"/.well-known/jwks.json", "")
			got[text]++
		}
		return got
	}
	if got := versions(); len(got) != 2 {
		t.Errorf("of two servers with keys of their own answered %v", got)
	}
	stop(t, one)
	if got := versions(); len(got) != 1 {
		t.Errorf("of the one that is left and the other answered %v", got)
	}
	stop(t, two)
}

func TestRoles(t *testing.T) {
	a := start(t, t.TempDir(), func(o *Options) { o.Roles = []string{"relay", "archive"} })
	for path, want := range map[string]int{"/readyz": 200, "/metrics": 200, "/": 404, "/api/v1/streams": 404, "/chat/ws/info": 404} {
		if status, text := call(t, "GET", a.URL()+path, ""); status != want {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	stop(t, a)
}

func TestPortInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	o := options(filepath.Join(t.TempDir(), "data"))
	o.Listen = taken.Addr().String()
	_, err = New(t.Context(), o, IO{Stdout: io.Discard, Stderr: t.Output()})
	if err == nil || !strings.Contains(err.Error(), "--listen") || !strings.Contains(err.Error(), o.Listen) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(o.Data); err == nil {
		t.Error("the data folder was touched before")
	}
}

func TestSecondOnAFolder(t *testing.T) {
	dir := t.TempDir()
	a := start(t, dir, nil)
	o := options(dir)
	if _, err := New(t.Context(), o, IO{Stdout: io.Discard, Stderr: t.Output()}); err == nil || !strings.Contains(err.Error(), "another hubbub is running on it") {
		t.Errorf("%v", err)
	}
	if status, _ := call(t, "GET", a.URL()+"/readyz", ""); status != http.StatusOK {
		t.Errorf("the first is disturbed: %d", status)
	}
	stop(t, a)
}

// TestDamage: what is not what it should be is named, and everything that was
// started before is stopped again.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	stop(t, start(t, dir, nil))
	for _, name := range []string{"meta.db", "archive.db", "tally.db", "token-key.pem"} {
		path := filepath.Join(dir, name)
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		write := func(text []byte) {
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write(bytes.Repeat([]byte("not a database. "), 1000))
		if _, err := New(t.Context(), options(dir), IO{Stdout: io.Discard, Stderr: t.Output()}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		write(good)
	}
	stop(t, start(t, dir, nil))
}

func TestRun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	read, write := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, options(t.TempDir()), IO{Stdout: write, Stderr: t.Output()}) }()
	said := make([]byte, 300)
	n, err := read.Read(said)
	first, second, _ := strings.Cut(string(said[:n]), "\n")
	url, ok := strings.CutPrefix(first, "hubbub is ready: ")
	if err != nil || !ok {
		t.Fatalf("%q, %v", said[:n], err)
	}
	link, ok := strings.CutPrefix(strings.TrimSuffix(second, "\n"), "become its admin, once: "+url+"/claim#")
	if !ok || len(link) != 26 {
		t.Errorf("after the ready line: %q", second)
	}
	if status, _ := call(t, "GET", url+"/readyz", ""); status != http.StatusOK {
		t.Errorf("it says that it is ready, and answers %d", status)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("after a clean stop: %v", err)
	}
}

func TestRunWithoutItsOutput(t *testing.T) {
	read, write := io.Pipe()
	_ = read.CloseWithError(io.ErrClosedPipe)
	if err := Run(t.Context(), options(t.TempDir()), IO{Stdout: write, Stderr: t.Output()}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%v", err)
	}
}

func TestAPartThatEndsByItself(t *testing.T) {
	for _, row := range []struct {
		err  error
		want string
	}{
		{errors.New("the disk is gone"), "the part ended: the disk is gone"},
		{nil, "the part ended: for no reason"},
	} {
		a := start(t, t.TempDir(), nil)
		a.run("the part", func(context.Context) error { return row.err })
		if err := <-a.failed; err.Error() != row.want {
			t.Errorf("%v, want %s", err, row.want)
		}
		stop(t, a) // which has nothing to add
	}
}

// TestRequestsUnderWayEndBeforeWhatTheyAsk: stores are closed after the last answer.
func TestRequestsUnderWayEndBeforeWhatTheyAsk(t *testing.T) {
	a := start(t, t.TempDir(), nil)
	asked, answer, closed := make(chan struct{}), make(chan struct{}), make(chan struct{})
	a.onStop("a store", func() error { close(closed); return nil })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a.listen("another server", listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-answer
		select {
		case <-closed:
			w.WriteHeader(http.StatusTeapot)
		default:
		}
	}))
	answered := make(chan int, 1)
	go func() {
		res, err := client.Get("http://" + listener.Addr().String())
		if err != nil {
			answered <- 0
			return
		}
		_ = res.Body.Close()
		answered <- res.StatusCode
	}()
	<-asked
	stopped := make(chan error, 1)
	go func() { stopped <- a.Stop() }()
	for { // until nobody else is let in
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			break
		}
		_ = conn.Close()
	}
	select {
	case <-closed:
		t.Error("what it asks was closed under a request")
	case <-time.After(50 * time.Millisecond): // long enough for what does not wait
	}
	close(answer)
	if status := <-answered; status != http.StatusOK {
		t.Errorf("answered %d", status)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// TestEventStreamsEndByThemselves: who only listens is not waited for, and cut off.
func TestEventStreamsEndByThemselves(t *testing.T) {
	a := start(t, t.TempDir(), nil)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.URL()+"/api/v1/streams/subscribe?ids=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	stop(t, a)
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Errorf("cut off instead of ended: %v", err)
	}
}

func TestReachable(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1:80": "127.0.0.1:80", "0.0.0.0:80": "127.0.0.1:80", "[::]:80": "127.0.0.1:80", "[::1]:80": "[::1]:80", "192.0.2.1:80": "192.0.2.1:80",
	} {
		if got := reachable(address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}
