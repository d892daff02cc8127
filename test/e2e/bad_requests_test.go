package e2e

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/test/api"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// problemIn returns the answer that an error of hub's is; the zero Problem if none.
func problemIn(err error) api.Problem {
	var p *api.Problem
	if errors.As(err, &p) {
		return *p
	}
	return api.Problem{}
}

// A badRequest is an HTTP request that is refused.
type badRequest struct {
	name, method, path, body string
	header                   string // Name: value
	status                   int
	code                     hubbub.Code
}

const (
	guestPath    = "/api/v1/users/guest"
	messagesPath = "/api/v1/streams/1/messages"
)

func guestNamed(name, text string) badRequest {
	return badRequest{name, "POST", guestPath, `{"name":"` + text + `"}`, "", 400, hubbub.CodeNameInvalid}
}

var badRequests = []badRequest{
	guestNamed("an empty name", ``),
	guestNamed("a name of spaces", `   `),
	guestNamed("a name of 33 characters", strings.Repeat("x", 33)),
	guestNamed("a name that cannot be seen", `\u200b`),
	guestNamed("a name that ends as another's", `ada\u202e`),
	guestNamed("a name with a NUL", `a\u0000`),
	guestNamed("a name with a line break", `a\nb`),
	guestNamed("a name of 100 combining marks", "a"+strings.Repeat(`\u0301`, 100)),
	{"no name", "POST", guestPath, `{}`, "", 400, hubbub.CodeBodyInvalid},
	{"a name of a number", "POST", guestPath, `{"name":7}`, "", 400, hubbub.CodeBodyInvalid},
	{"no body", "POST", guestPath, ``, "", 400, hubbub.CodeBodyInvalid},
	{"half a body", "POST", guestPath, `{"name":"a`, "", 400, hubbub.CodeBodyInvalid},
	{"a body that is not UTF-8", "POST", guestPath, "{\"name\":\"\xff\"}", "", 400, hubbub.CodeBodyInvalid},
	{"a body of 17 KiB", "POST", guestPath, `{"name":"a","more":"` + strings.Repeat("x", 17<<10) + `"}`, "", 413, hubbub.CodeTooLarge},
	{"a made-up refresh token", "POST", "/api/v1/users/reissue", `{"refreshToken":"x.y"}`, "", 401, hubbub.CodeTokenInvalid},
	{"nobody's account", "GET", "/api/v1/users/me", "", "", 401, hubbub.CodeTokenRequired},
	{"another scheme", "GET", "/api/v1/users/me", "", "Authorization: Basic YTpi", 401, hubbub.CodeTokenInvalid},
	{"entering as nobody", "POST", "/api/v1/streams/enter", `{"streamId":"1"}`, "", 401, hubbub.CodeTokenRequired},

	{"no such path", "GET", "/api/v1/<script>alert(1)</script>", "", "", 404, hubbub.CodeNotFound},
	{"no such stream", "GET", "/api/v1/streams/%3Cscript%3E", "", "", 404, hubbub.CodeStreamNotFound},
	{"no such method", "DELETE", guestPath, "", "", 405, hubbub.CodeUnsupported},
	{"a position in words", "GET", messagesPath + "?before=yesterday", "", "", 400, hubbub.CodePositionInvalid},
	{"a position with a sign", "GET", messagesPath + "?after=1.-1", "", "", 400, hubbub.CodePositionInvalid},
	{"both ways at once", "GET", messagesPath + "?before=1.1&after=1.1", "", "", 400, hubbub.CodeBadRequest},
	{"a page of nothing", "GET", messagesPath + "?limit=0", "", "", 400, hubbub.CodeBadRequest},
	{"a page of 201", "GET", messagesPath + "?limit=201", "", "", 400, hubbub.CodeBadRequest},
	{"a page of words", "GET", messagesPath + "?limit=all", "", "", 400, hubbub.CodeBadRequest},
	{"a page before the first", "GET", "/api/v1/streams?page=-1", "", "", 400, hubbub.CodeBadRequest},
	{"streams of no state", "GET", "/api/v1/streams?status=dead", "", "", 400, hubbub.CodeBadRequest},
	{"events of no streams", "GET", "/api/v1/streams/subscribe", "", "", 400, hubbub.CodeBadRequest},
	{"events of what is no stream", "GET", "/api/v1/streams/subscribe?ids=a/b", "", "", 400, hubbub.CodeBadRequest},
	{"a page of another origin", "GET", "/api/v1/streams", "", "Origin: https://elsewhere.example", 403, hubbub.CodeOriginRefused},
	{"no origin at all", "GET", "/api/v1/streams", "", "Origin: null", 403, hubbub.CodeOriginRefused},

	{"SockJS's info for another origin", "GET", "/chat/ws/info", "", "Origin: https://elsewhere.example", 403, hubbub.CodeOriginRefused},
	{"SockJS's other transports", "POST", "/chat/ws/000/abcdefgh/xhr_streaming", "", "", 405, hubbub.CodeUnsupported},
	{"SockJS's other transports by GET", "GET", "/chat/ws/000/abcdefgh/eventsource", "", "", 404, hubbub.CodeNotFound},
	{"chat without a handshake", "GET", "/chat/ws/websocket", "", "", 400, hubbub.CodeBadRequest},
	{"chat by POST", "POST", "/ws", "hello", "", 405, hubbub.CodeUnsupported},
	{"metrics through a proxy", "GET", "/metrics", "", "X-Forwarded-For: 203.0.113.7", 403, hubbub.CodeForbidden},
	{"profiles through a proxy", "GET", "/debug/pprof/", "", "Forwarded: for=203.0.113.7", 403, hubbub.CodeForbidden},
}

// ask sends a request as it is and reads the answer.
func ask(ctx context.Context, server *hub.Server, method, path, body, header string) (*http.Response, string, error) {
	request, err := http.NewRequestWithContext(ctx, method, server.URL()+path, strings.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	if method == "POST" {
		request.Header.Set("Content-Type", "application/json")
	}
	if name, value, ok := strings.Cut(header, ": "); ok {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response, string(text), err
}

func TestBadRequests(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t)
	room := watch(t, ctx, server, "1")
	c := answers{t: t}
	for _, bad := range badRequests {
		c.run(bad.name, func(t *testing.T) {
			response, text, err := ask(ctx, server, bad.method, bad.path, bad.body, bad.header)
			must(t, err)
			if response.StatusCode != bad.status || !strings.Contains(text, `"code":"`+string(bad.code)+`"`) {
				t.Errorf("answered %s: %s", response.Status, text)
			}
			if got := response.Header.Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("the content type is %q", got)
			}
			if got := response.Header.Get("X-Content-Type-Options"); got != "nosniff" {
				t.Errorf("X-Content-Type-Options is %q", got)
			}
			if strings.Contains(text, "<script") {
				t.Errorf("a script comes back: %s", text)
			}
			if got := response.Header.Get("WWW-Authenticate"); (bad.status == 401) != strings.HasPrefix(got, "Bearer") {
				t.Errorf("WWW-Authenticate is %q", got)
			}
		})
	}
	must(t, room.still(ctx))
	c.tried("bad HTTP requests")
}

// TestBadMarkupIsNeverHTML asks for whatever shows what a user wrote: a browser
// must not be able to take it for a page, whatever it is.
func TestBadMarkupIsNeverHTML(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t)
	const script = `<script>alert(1)</script>`
	author, err := server.Guest(ctx, script)
	must(t, err)
	w := connectWire(t, server, plainPath, author.Token)
	must(t, w.say(badSend{headers: "destination:/publish/1\n", body: `{"content":"` + script + `"}`}.frame("r")))
	must(t, w.expect("RECEIPT", nil))
	tests := []struct{ method, path, body, kind string }{
		{"GET", messagesPath, "", "application/json"},
		{"POST", guestPath, `{"name":"` + script + `"}`, "application/json"},
		{"GET", "/api/v1/users/me", "", "application/json"},
		{"GET", "/api/v1/streams", "", "application/json"},
		{"GET", "/api/v1/streams/1", "", "application/json"},
		{"GET", "/api/v1/streams/1/analysis", "", "application/json"},
		{"GET", "/openapi.json", "", "application/vnd.oai.openapi+json"},
		{"GET", "/.well-known/jwks.json", "", "application/jwk-set+json"},
		{"GET", "/chat/ws/info", "", "application/json; charset=utf-8"},
		{"GET", "/chat/ws", "", "text/plain; charset=utf-8"},
		{"GET", "/readyz", "", "application/json"},
		{"GET", "/healthz", "", "text/plain; charset=utf-8"},
		{"GET", "/s/%3Cscript%3Ealert(1)", "", "text/html; charset=utf-8"},
		{"GET", "/?" + script, "", "text/html; charset=utf-8"},
		{"GET", "/docs?" + script, "", "text/html; charset=utf-8"},
	}
	for _, test := range tests {
		response, text, err := ask(ctx, server, test.method, test.path, test.body, "Authorization: Bearer "+author.Token)
		must(t, err)
		header := response.Header
		if response.StatusCode != http.StatusOK || header.Get("Content-Type") != test.kind || header.Get("X-Content-Type-Options") != "nosniff" ||
			header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s: %s with %v", test.path, response.Status, header)
		}
		if page := strings.HasPrefix(test.kind, "text/html"); page && strings.Contains(text, "alert(1)") {
			t.Errorf("%s: the script is in the page", test.path)
		}
	}
	_, text, err := ask(ctx, server, "GET", messagesPath, "", "")
	must(t, err)
	if !strings.Contains(text, "alert(1)") {
		t.Errorf("the history has no script to be looked at: %s", text)
	}
}
