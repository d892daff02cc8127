package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// saidBy has a token's holder say something, and returns how the room sees them.
func saidBy(t testing.TB, ctx context.Context, room *witness, token string) hubbub.Sender {
	t.Helper()
	conn, err := room.server.Dial(ctx, client.Options{Token: token})
	must(t, err)
	defer conn.Close()
	content := "I am " + subjectOf(token)
	_, err = conn.Send(ctx, client.Post{Stream: room.stream, Content: content})
	must(t, err)
	m, err := room.hears(ctx, content)
	must(t, err)
	return m.Sender
}

// TestStartTokens mints tokens with the command while the server runs.
func TestStartTokens(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t, unlimited()...)
	room := watch(t, ctx, server, "1")
	mint := func(args ...string) []string {
		p := program{args: append([]string{"token", "--data", server.Data}, args...)}
		p.run(t, ctx)
		if p.status != 0 {
			t.Fatalf("token %q: exit %d: %s", args, p.status, p.stderr)
		}
		return strings.Split(strings.TrimSuffix(p.stdout, "\n"), "\n")
	}
	tests := []struct {
		args []string
		want []hubbub.Sender
	}{
		{[]string{"--user", "bot-1"}, []hubbub.Sender{{ID: "bot-1", Name: "bot-1"}}},
		{[]string{"--user", "42", "--name", "김 민아", "--ttl", "1h"}, []hubbub.Sender{{ID: "42", Name: "김 민아"}}},
		{[]string{"--user", "boss", "--role", "admin"}, []hubbub.Sender{{ID: "boss", Name: "boss", Roles: []string{"admin"}}}},
		{[]string{"--user", "n", "--count", "3"}, []hubbub.Sender{{ID: "n-1", Name: "n-1"}, {ID: "n-2", Name: "n-2"}, {ID: "n-3", Name: "n-3"}}},
	}
	for _, test := range tests {
		tokens := mint(test.args...)
		if len(tokens) != len(test.want) {
			t.Fatalf("%q printed %d tokens", test.args, len(tokens))
		}
		for i, token := range tokens {
			got, want := saidBy(t, ctx, room, token), test.want[i]
			if got.ID != want.ID || got.Name != want.Name || !slices.Equal(got.Roles, want.Roles) && len(got.Roles)+len(want.Roles) > 0 {
				t.Errorf("%q: the room sees %+v", test.args, got)
			}
		}
	}
	p := program{args: []string{"token", "--user", "x", "--data", filepath.Join(server.Data, "nowhere")}}
	p.run(t, ctx)
	if p.status != 1 || !strings.Contains(p.stderr, "token-key.pem") || p.stdout != "" {
		t.Errorf("without a key: exit %d: %s%s", p.status, p.stdout, p.stderr)
	}
	must(t, room.still(ctx))
}

// TestStartSharedSecret takes the tokens of another issuer, HS512 with the secret
// that is in the environment or in a file, for people who have no account here.
func TestStartSharedSecret(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	file := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(file, []byte(secret+"\n"), 0o600))
	for _, env := range []string{"HUBBUB_JWT_SECRET=" + secret, "HUBBUB_JWT_SECRET_FILE=" + file} {
		server := hub.New(t, unlimited()...)
		server.Env = []string{env}
		must(t, server.Run())
		room := watch(t, ctx, server, "1")
		exp := time.Now().Add(time.Hour).Unix()
		for claims, want := range map[string]hubbub.Sender{
			`{"sub":"42","exp":%d}`:                                         {ID: "42", Name: "42"},
			`{"sub":"ada","exp":%d,"iss":"elsewhere","aud":["x"]}`:          {ID: "ada", Name: "ada"},
			`{"sub":"사용자-1","exp":%d,"iat":1.5}`:                            {ID: "사용자-1", Name: "사용자-1"},
			`{"sub":"7","name":"Grace <b>","exp":%d}`:                       {ID: "7", Name: "Grace <b>"},
			`{"sub":"8","name":"a\u202eb","exp":%d}`:                        {ID: "8", Name: "8"},
			`{"sub":"9","picture":"https://p.example/9.png","exp":%d}`:      {ID: "9", Name: "9", ProfileImageURL: "https://p.example/9.png"},
			`{"sub":"10","picture":"javascript:alert(1)","exp":%d}`:         {ID: "10", Name: "10"},
			`{"sub":"11","roles":"admin","name":"One role alone","exp":%d}`: {ID: "11", Name: "One role alone", Roles: []string{"admin"}},
			`{"sub":"12","roles":["owner","moderator"],"exp":%d}`:           {ID: "12", Name: "12"}, // of no stream in particular
		} {
			got := saidBy(t, ctx, room, hs512(fmt.Sprintf(claims, exp)))
			if got.ID != want.ID || got.Name != want.Name || got.ProfileImageURL != want.ProfileImageURL || len(got.Roles) != len(want.Roles) {
				t.Errorf("%s: the room sees %+v", claims, got)
			}
		}
		p := program{args: []string{"token", "--user", "bot"}, env: []string{env}}
		p.run(t, ctx)
		if got := saidBy(t, ctx, room, strings.TrimSpace(p.stdout)); got.ID != "bot" {
			t.Errorf("the command's token with the secret: the room sees %+v", got)
		}
		must(t, room.still(ctx))
		response, text, err := ask(ctx, server, "GET", "/.well-known/jwks.json", "", "")
		must(t, err)
		if response.StatusCode != http.StatusOK || strings.TrimSpace(text) != `{"keys":[]}` {
			t.Errorf("the keys are %s", text)
		}
		if strings.Contains(server.Log(), secret) {
			t.Error("the secret is in the log")
		}
	}
}

// TestStartRoles runs parts of the server. Without the archive the log has the
// history; when the archive comes back it takes everything over, each once.
func TestStartRoles(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.New(t, "--message-rate", "0", "--roles", "chat,user,relay")
	must(t, server.Run())
	ready, err := server.Readiness(ctx)
	must(t, err)
	if _, has := ready.Checks["archive"]; !ready.Ready || ready.Status != 200 || has || ready.Checks["relay"] != "ok" {
		t.Errorf("without archive and analysis: %+v", ready)
	}
	room := watch(t, ctx, server, "1")
	for range 250 { // more than a page
		content := fmt.Sprint("sentence ", len(room.logged))
		_, err := room.conn.Send(ctx, client.Post{Stream: "1", Content: content})
		must(t, err)
		_, err = room.hears(ctx, content)
		must(t, err)
	}
	must(t, room.still(ctx))
	metrics, err := server.Metrics(ctx)
	must(t, err)
	if n := metrics["hubbub_archived_total"]; n != 0 {
		t.Errorf("%v are archived without an archiver", n)
	}
	must(t, server.Terminate())

	server.Flags = []string{"--roles", "all"}
	must(t, server.Run())
	again := watch(t, ctx, server, "1")
	again.logged = room.logged
	must(t, again.still(ctx))
	must(t, server.AwaitSettled(ctx))
	metrics, err = server.Metrics(ctx)
	must(t, err)
	if n := metrics["hubbub_archived_total"]; n != float64(len(again.logged)) {
		t.Errorf("%v of %d are archived", n, len(again.logged))
	}
	reading, err := server.Reading(ctx, "1")
	must(t, err)
	if reading.TotalCount != len(again.logged) {
		t.Errorf("%d of %d are counted", reading.TotalCount, len(again.logged))
	}
	must(t, server.Terminate())

	// What a process does not play is not there.
	for roles, want := range map[string]map[string]int{
		"user":  {"/api/v1/streams": 200, "/": 200, "/chat/ws/info": 404, "/readyz": 200},
		"chat":  {"/api/v1/streams": 404, "/": 404, "/chat/ws/info": 200, "/readyz": 200},
		"relay": {"/api/v1/streams": 404, "/ws/info": 404, "/healthz": 200, "/metrics": 200},
	} {
		server.Flags = []string{"--roles", roles}
		must(t, server.Run())
		for path, status := range want {
			response, text, err := ask(ctx, server, "GET", path, "", "")
			must(t, err)
			if response.StatusCode != status {
				t.Errorf("--roles %s: %s: %s: %.200s", roles, path, response.Status, text)
			}
		}
		must(t, server.Terminate())
	}
}

// TestStartDoors looks at what a server shows besides page, API and chat.
func TestStartDoors(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t)
	get := func(path string) (http.Header, string) {
		response, text, err := ask(ctx, server, "GET", path, "", "")
		must(t, err)
		if response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s: %s", path, response.Status, text)
		}
		return response.Header, text
	}

	_, document := get("/openapi.json")
	var api struct {
		OpenAPI string
		Paths   map[string]map[string]any
	}
	must(t, json.Unmarshal([]byte(document), &api))
	for _, path := range []string{guestPath, "/api/v1/users/me", "/api/v1/streams", "/api/v1/streams/{id}", "/api/v1/streams/{id}/messages", "/api/v1/streams/{id}/analysis", "/api/v1/streams/subscribe"} {
		if api.Paths[path] == nil {
			t.Errorf("the OpenAPI document has no %s", path)
		}
	}
	header, page := get("/docs")
	if loads := regexp.MustCompile(`(?i)<script|<link|<img|@import|\bsrc=|url\(`).FindString(page); loads != "" || !strings.Contains(page, guestPath) {
		t.Errorf("/docs has %q, or not the API", loads)
	}
	if policy := header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("/docs has the policy %q", policy)
	}
	if _, keys := get("/.well-known/jwks.json"); !strings.Contains(keys, `"Ed25519"`) || strings.Contains(keys, `"d"`) {
		t.Errorf("the keys are %s", keys)
	}
	if _, text := get("/metrics"); !strings.Contains(text, "hubbub_connections") || !strings.Contains(text, "process_cpu_seconds_total") {
		t.Errorf("the metrics are %.200s", text)
	}
	get("/debug/pprof/")
	get("/healthz")
	for _, proxied := range []string{"X-Forwarded-For: 127.0.0.1", "Forwarded: for=127.0.0.1", "Via: 1.1 nginx", "X-Real-Ip: 127.0.0.1"} {
		response, text, err := ask(ctx, server, "GET", "/metrics", "", proxied)
		must(t, err)
		if response.StatusCode != http.StatusForbidden || !strings.Contains(text, `"forbidden"`) {
			t.Errorf("/metrics with %s: %s: %.200s", proxied, response.Status, text)
		}
	}
	must(t, server.Terminate())

	other, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address := other.Addr().String()
	must(t, other.Close())
	server.Flags = []string{"--admin", address}
	must(t, server.Run())
	for url, status := range map[string]int{server.URL() + "/metrics": 404, server.URL() + "/debug/pprof/": 404, "http://" + address + "/metrics": 200} {
		response, err := http.Get(url)
		must(t, err)
		response.Body.Close()
		if response.StatusCode != status {
			t.Errorf("with --admin, %s: %s", url, response.Status)
		}
	}
}
