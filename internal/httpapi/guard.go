package httpapi

import (
	"bytes"
	"context"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/token"
)

// What every answer carries, unless its handler says otherwise. The content
// policy is that of JSON: nothing in it may run, load or be framed.
var securityHeaders = map[string]string{
	"X-Content-Type-Options":     "nosniff",
	"Referrer-Policy":            "no-referrer",
	"X-Frame-Options":            "DENY",
	"Cross-Origin-Opener-Policy": "same-origin",
	"Content-Security-Policy":    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}

// apiTimeout bounds a request to the API, event streams and exports aside.
const apiTimeout = 15 * time.Second

// guard is what every request goes through: security headers, the origin policy
// for the API, and an answer also when a handler panics.
func (a *api) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range securityHeaders {
			w.Header().Set(name, value)
		}
		if !isAPI(r) {
			defer a.abortOnPanic(r)
			next.ServeHTTP(w, r)
			return
		}
		seen := &seenWriter{ResponseWriter: w}
		defer a.answerPanic(seen, r)
		if !a.crossOrigin(seen, r) {
			return
		}
		ctx := context.WithValue(r.Context(), callKey{}, &call{api: a, request: r})
		if !lasts(r) {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, apiTimeout)
			defer cancel()
			_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(2 * apiTimeout)) // none in tests without a connection
		}
		next.ServeHTTP(seen, r.WithContext(ctx))
	})
}

func isAPI(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.URL.Path, "/.well-known/") ||
		r.URL.Path == "/openapi.json"
}

// lasts says whether a request takes as long as its reader wants; its handler sees
// to those who do not read.
func lasts(r *http.Request) bool {
	return strings.HasSuffix(r.URL.Path, "/subscribe") || strings.HasSuffix(r.URL.Path, "/export")
}

// crossOrigin refuses pages of origins that are not let in, answers their
// browsers' questions beforehand, and says whether to go on.
func (a *api) crossOrigin(w http.ResponseWriter, r *http.Request) bool {
	w.Header().Add("Vary", "Origin")
	from := r.Header.Get("Origin")
	if from == "" {
		return true
	}
	if !a.Origins.Allowed(r) {
		WriteProblem(w, hubbub.Refuse(hubbub.CodeOriginRefused, "pages of this origin are not let in; --origins or --public-url would name it"))
		return false
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", from)
	h.Set("Access-Control-Expose-Headers", "Retry-After")
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return true
	}
	h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return false
}

// answerPanic answers for a handler of the API that panicked.
func (a *api) answerPanic(w *seenWriter, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler { //nolint:errorlint // net/http compares this panic so, too
		panic(p)
	}
	a.logPanic(r, p)
	if w.seen { // half an answer is none: the connection is cut
		panic(http.ErrAbortHandler)
	}
	WriteProblem(w, hubbub.Refuse(hubbub.CodeInternal, "something went wrong on our side"))
}

// abortOnPanic cuts the connection of a mounted handler that panicked; it may
// have been hijacked.
func (a *api) abortOnPanic(r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if p != http.ErrAbortHandler { //nolint:errorlint // as above
		a.logPanic(r, p)
	}
	panic(http.ErrAbortHandler)
}

func (a *api) logPanic(r *http.Request, p any) {
	a.Logger.Error("a handler panicked", "method", r.Method, "path", r.URL.Path, "panic", p, "stack", string(bytes.TrimSpace(debug.Stack())))
}

// A seenWriter knows whether an answer has begun.
type seenWriter struct {
	http.ResponseWriter
	seen bool
}

// Unwrap is for http.ResponseController.
func (w *seenWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *seenWriter) WriteHeader(status int) {
	w.seen = true
	w.ResponseWriter.WriteHeader(status)
}

func (w *seenWriter) Write(p []byte) (int, error) {
	w.seen = true
	return w.ResponseWriter.Write(p)
}

type callKey struct{}

// A call is what handlers need of the request itself.
type call struct {
	api     *api
	request *http.Request
}

func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

// identity returns who calls; anonymous, the zero Identity, without a token. A
// token that is not good is an error, not anonymity.
func (c *call) identity() (token.Identity, error) {
	header := c.request.Header.Get("Authorization")
	if header == "" {
		return token.Identity{}, nil
	}
	raw, ok := token.Bearer(header)
	if !ok {
		return token.Identity{}, hubbub.Refuse(hubbub.CodeTokenInvalid, "the Authorization header has to be: Bearer <token>")
	}
	return c.api.Keys.Verify(raw)
}

// signedIn returns who calls, or token_required.
func (c *call) signedIn() (token.Identity, error) {
	id, err := c.identity()
	if err == nil && id.User == "" {
		err = hubbub.Refuse(hubbub.CodeTokenRequired, "this needs a header Authorization: Bearer <token>")
	}
	return id, err
}

// account returns who calls for their account itself, for which no token of a bot
// is good, or the refusal.
func (c *call) account() (token.Identity, error) {
	id, err := c.signedIn()
	if err == nil && id.Scopes != nil {
		err = hubbub.Refuse(hubbub.CodeScopeMissing, "tokens of bots are not good for accounts; sign in yourself")
	}
	return id, err
}
