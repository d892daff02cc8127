package obs

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLogger(t *testing.T) {
	var out bytes.Buffer
	log, err := Logger(&out, "json", "warn")
	if err != nil {
		t.Fatal(err)
	}
	log.Info("not this")
	log.Warn("this", "room", "1")
	var line struct{ Msg, Room string }
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || line.Msg != "this" || line.Room != "1" {
		t.Errorf("one JSON line of level warn was wanted, got %q (%v)", out.String(), err)
	}
	out.Reset()
	if log, err = Logger(&out, "text", "debug"); err != nil {
		t.Fatal(err)
	}
	if log.Debug("this too"); !strings.Contains(out.String(), `level=DEBUG msg="this too"`) {
		t.Errorf("got %q", out.String())
	}
	for _, bad := range [][2]string{{"xml", "info"}, {"text", "loud"}, {"", "info"}, {"text", ""}} {
		if _, err := Logger(&out, bad[0], bad[1]); err == nil {
			t.Errorf("format %q and level %q: no error", bad[0], bad[1])
		}
	}
}

func TestLoopbackOnly(t *testing.T) {
	for _, tt := range []struct {
		name, peer, header string
		want               int
	}{
		{"direct", "127.0.0.1:4711", "", 200},
		{"all of 127/8 is loopback", "127.9.8.7:1", "", 200},
		{"direct, IPv6", "[::1]:4711", "", 200},
		{"IPv4 in IPv6, as a dual-stack listener shows it", "[::ffff:127.0.0.1]:1", "", 200},
		{"a neighbour", "192.168.1.5:4711", "", 403},
		{"a neighbour, IPv6", "[fe80::1%eth0]:4711", "", 403},
		{"a Unix socket: a proxy, as a rule", "@", "", 403},
		{"no peer", "", "", 403},
		{"a proxy on this machine", "127.0.0.1:1", "X-Forwarded-For", 403},
		{"a proxy that follows RFC 7239", "127.0.0.1:1", "Forwarded", 403},
		{"nginx by its manual", "127.0.0.1:1", "X-Real-IP", 403},
		{"an honest proxy", "127.0.0.1:1", "Via", 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "http://localhost:8080/metrics", nil)
			r.RemoteAddr = tt.peer
			if tt.header != "" {
				r.Header.Set(tt.header, "")
			}
			w := httptest.NewRecorder()
			LoopbackOnly(Admin(Registry("test", nil))).ServeHTTP(w, r)
			if w.Code != tt.want {
				t.Fatalf("status %d, want %d", w.Code, tt.want)
			}
			if tt.want == 403 {
				wantForbidden(t, w)
			}
		})
	}
}

// A page elsewhere whose name comes to resolve to this machine sends that name.
func TestLoopbackByName(t *testing.T) {
	for host, want := range map[string]int{
		"localhost": 200, "LOCALHOST:8080": 200, "127.0.0.1": 200, "127.0.0.1:8080": 200, "[::1]:8080": 200, "[::1]": 200,
		"evil.example": 403, "evil.example:8080": 403, "localhost.evil.example": 403, "192.168.1.5:8080": 403, "": 403,
	} {
		r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		r.RemoteAddr, r.Host = "127.0.0.1:4711", host
		w := httptest.NewRecorder()
		LoopbackOnly(Admin(Registry("test", nil))).ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("to %q: status %d, want %d", host, w.Code, want)
		}
	}
}

func wantForbidden(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	var problem struct {
		Status              int
		Code, Title, Detail string
	}
	if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil {
		t.Fatal(err)
	}
	if problem.Status != 403 || problem.Code != "forbidden" || problem.Title == "" || problem.Detail == "" {
		t.Errorf("the problem is %+v", problem)
	}
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("content type %q", got)
	}
}

func TestAdmin(t *testing.T) {
	admin := Admin(Registry("1.2.3", []string{"chat", "relay"}))
	for path, want := range map[string]string{
		"/metrics":             `hubbub_build_info{version="1.2.3"} 1`,
		"/debug/pprof/":        "goroutine",
		"/debug/pprof/heap":    "",
		"/debug/pprof/cmdline": "obs.test",
		"/debug/pprof/symbol":  "num_symbols",
	} {
		w := httptest.NewRecorder()
		admin.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: status %d, without %q", path, w.Code, want)
		}
	}
	w := httptest.NewRecorder()
	admin.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, name := range []string{`hubbub_roles_info{roles="chat,relay"} 1`, "process_cpu_seconds_total", "process_resident_memory_bytes", "go_goroutines"} {
		if !strings.Contains(w.Body.String(), name) {
			t.Errorf("the metrics lack %s", name)
		}
	}
}
