package httpapi

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/origin"
)

func TestSecurityHeaders(t *testing.T) {
	s := newSite(t, func(o *Options) {
		o.Mount = map[string]http.Handler{"/": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Security-Policy", "default-src 'self'") // its own, as the page has
		})}
	})
	for _, path := range []string{"/api/v1/streams", "/api/v1/streams/7", "/api/nothing", "/openapi.json", "/.well-known/jwks.json", "/docs", "/"} {
		a := s.do(request{path: path})
		for name, want := range securityHeaders {
			got := a.Header.Get(name)
			if name == "Content-Security-Policy" && (path == "/" || path == "/docs") {
				if strings.Contains(got, "unsafe") || got == want {
					t.Errorf("%s: %s: %q", path, name, got)
				}
				continue
			}
			if got != want {
				t.Errorf("%s: %s: %q, want %q", path, name, got, want)
			}
		}
	}
}

func TestOrigins(t *testing.T) {
	policy, err := origin.New("https://chat.example", []string{"https://friend.example"})
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, func(o *Options) { o.Origins = policy })
	ask := func(method, origin string, more ...string) request {
		r := request{method: method, path: "/api/v1/streams", header: http.Header{"Origin": {origin}}}
		for i := 0; i < len(more); i += 2 {
			r.header.Set(more[i], more[i+1])
		}
		return r
	}
	for _, from := range []string{s.url, "https://chat.example", "https://friend.example"} {
		a := s.do(ask("GET", from))
		if a.StatusCode != http.StatusOK || a.Header.Get("Access-Control-Allow-Origin") != from || a.Header.Get("Vary") != "Origin" || a.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %s %v", from, a.Status, a.Header)
		}
		a = s.do(ask("OPTIONS", from, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization, content-type"))
		if a.StatusCode != http.StatusNoContent || a.Header.Get("Access-Control-Allow-Origin") != from ||
			!strings.Contains(a.Header.Get("Access-Control-Allow-Methods"), "POST") ||
			a.Header.Get("Access-Control-Allow-Headers") != "Authorization, Content-Type" {
			t.Errorf("preflight of %s: %s %v", from, a.Status, a.Header)
		}
	}
	for _, from := range []string{"https://foe.example", "http://friend.example", "https://friend.example:8443", "https://friend.example.foe.example", "null", "file://"} {
		a := s.wantRefused("from "+from, hubbub.CodeOriginRefused, ask("GET", from))
		if a.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %v", from, a.Header)
		}
		s.wantRefused("preflight from "+from, hubbub.CodeOriginRefused, ask("OPTIONS", from, "Access-Control-Request-Method", "POST"))
	}
	guest := request{path: "/api/v1/users/guest", body: `{"name":"x"}`, header: http.Header{"Origin": {"https://foe.example"}}}
	s.wantRefused("a guest by a foreign page", hubbub.CodeOriginRefused, guest)
	// A refusal of a friend can be read by it, and so can when to come back.
	a := s.wantRefused("a friend who is wrong", hubbub.CodeStreamNotFound, request{path: "/api/v1/streams/7", header: http.Header{"Origin": {"https://friend.example"}}})
	if a.Header.Get("Access-Control-Allow-Origin") == "" || a.Header.Get("Access-Control-Expose-Headers") != "Retry-After" {
		t.Errorf("%v", a.Header)
	}
}

// panicking panics where the API asks for settings.
func panicking(what any) func(*Options) {
	return func(o *Options) {
		o.Settings = func(context.Context, hubbub.StreamID) hubbub.Settings { panic(what) }
		o.Mount = map[string]http.Handler{"/chat": http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(what) })}
	}
}

func TestPanicsAreAnswered(t *testing.T) {
	s := newSite(t, panicking("a secret of ours"))
	a := s.wantRefused("a route that panics", hubbub.CodeInternal, request{path: "/api/v1/streams/1"})
	if strings.Contains(a.body, "secret") {
		t.Errorf("shown to everybody: %s", a.body)
	}
	if said := s.said.String(); !strings.Contains(said, "a secret of ours") || !strings.Contains(said, "guard_test.go") {
		t.Errorf("not shown to the operator: %s", said)
	}
	get[StreamList](s, request{path: "/api/v1/streams"}) // and life goes on

	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/chat", nil) // a GET would be tried again
	s.must(err)
	if res, err := http.DefaultClient.Do(req); err == nil {
		t.Errorf("a mounted handler that panics answers %s", res.Status)
	}
	if n := strings.Count(s.said.String(), "a handler panicked"); n != 2 {
		t.Errorf("%d panics were logged", n)
	}
}

func TestAbortedHandlersAreNotLogged(t *testing.T) {
	s := newSite(t, panicking(http.ErrAbortHandler))
	for _, path := range []string{"/api/v1/streams/1", "/chat"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
		s.must(err)
		if res, err := http.DefaultClient.Do(req); err == nil {
			t.Errorf("%s answers %s", path, res.Status)
		}
	}
	if s.said.String() != "" {
		t.Errorf("%s", s.said)
	}
}

func TestMounted(t *testing.T) {
	echo := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, name, " ", r.Method, " ", r.URL.Path) })
	}
	s := newSite(t, func(o *Options) {
		o.Mount = map[string]http.Handler{"/": echo("page"), "/chat/ws": echo("chat"), "/chat/ws/": echo("chat")}
	})
	for _, row := range []struct{ method, path, want string }{
		{"GET", "/", "page GET /"},
		{"GET", "/streams/1", "page GET /streams/1"},
		{"GET", "/chat/ws", "chat GET /chat/ws"},
		{"POST", "/chat/ws/1/x/xhr", "chat POST /chat/ws/1/x/xhr"},
	} {
		if a := s.do(request{method: row.method, path: row.path}); a.body != row.want {
			t.Errorf("%s %s: %s %s", row.method, row.path, a.Status, a.body)
		}
	}
	a := s.wantRefused("the page is only read", hubbub.CodeUnsupported, request{method: "POST", path: "/streams/1"})
	if got := a.Header.Get("Allow"); got != "GET, HEAD" {
		t.Errorf("Allow: %q", got)
	}
	s.wantRefused("the API is not the page", hubbub.CodeNotFound, request{path: "/api/v1/nothing"})
	s.wantRefused("nor is this", hubbub.CodeNotFound, request{path: "/.well-known/nothing"})
	bare := newSite(t, nil)
	bare.wantRefused("no page", hubbub.CodeNotFound, request{path: "/"})
}

// TestSlowBody: who sends a body byte by byte is not waited for.
func TestSlowBody(t *testing.T) {
	t.Parallel() // with others that mostly wait
	s := newSite(t, nil)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	s.must(err)
	defer conn.Close()
	s.must(conn.SetDeadline(time.Now().Add(30 * time.Second)))
	fmt.Fprint(conn, "POST /api/v1/users/guest HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
	head := make([]byte, len("HTTP/1.1 400"))
	if _, err := conn.Read(head); err != nil || string(head) != "HTTP/1.1 400" {
		t.Errorf("%s, %v", head, err)
	}
}

// TestWithheldBody: a body that is announced where none is taken is not waited for.
func TestWithheldBody(t *testing.T) {
	t.Parallel() // with others that mostly wait
	s := newSite(t, nil)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	s.must(err)
	defer conn.Close()
	s.must(conn.SetDeadline(time.Now().Add(30 * time.Second)))
	fmt.Fprint(conn, "GET /api/v1/streams HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
	if _, err := io.Copy(io.Discard, conn); err != nil {
		t.Errorf("the connection is still there: %v", err)
	}
}

func TestWithoutServices(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("made without keys")
	}
	s := newSite(t, func(o *Options) { *o = Options{Keys: o.Keys} })
	for _, path := range []string{"/api/v1/streams", "/api/v1/streams/1", "/api/v1/streams/1/messages", "/api/v1/streams/subscribe", "/api/v1/users/me"} {
		s.wantRefused(path, hubbub.CodeNotFound, request{path: path})
	}
	if a := s.do(request{path: "/openapi.json"}); a.StatusCode != http.StatusOK || strings.Contains(a.body, "/api/") {
		t.Errorf("%s %s", a.Status, a.body)
	}
}
