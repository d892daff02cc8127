package oidc_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account/oidc"
	"github.com/hubbub-live/hubbub/internal/account/oidc/providertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const callback = "https://chat.example/callback"

func open(t *testing.T, there *providertest.Provider, change func(*oidc.Options)) *oidc.Provider {
	t.Helper()
	o := oidc.Options{Issuer: there.URL, ClientID: providertest.ClientID, ClientSecret: providertest.ClientSecret, Callback: callback}
	if change != nil {
		change(&o)
	}
	p, err := oidc.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// begin starts a sign-in and returns what comes back.
func begin(t *testing.T, p *oidc.Provider, there *providertest.Provider) (oidc.Attempt, oidc.Answer) {
	t.Helper()
	a, where, err := p.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	q := there.Visit(t, where)
	if q.Get("state") != a.State {
		t.Fatalf("state %q came back as %q", a.State, q.Get("state"))
	}
	return a, answer(q)
}

func answer(q url.Values) oidc.Answer {
	return oidc.Answer{Code: q.Get("code"), Issuer: q.Get("iss"), Error: q.Get("error")}
}

var mina = map[string]any{"sub": "42", "name": "Mina", "preferred_username": "mina@example.org", "picture": "https://p/mina.png"}

func TestSignIn(t *testing.T) {
	there := providertest.Start(t)
	there.Set(providertest.Settings{Claims: mina})
	p := open(t, there, nil)
	a, back := begin(t, p, there)
	got, err := p.Finish(t.Context(), a, back)
	want := oidc.Person{Issuer: there.URL, Subject: "42", Name: "Mina", Username: "mina@example.org", Picture: "https://p/mina.png"}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	there.Set(providertest.Settings{Claims: mina, Issuer: there.URL}) // names itself, as RFC 9207 has it
	a, back = begin(t, p, there)
	if got, err := p.Finish(t.Context(), a, back); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := p.Finish(t.Context(), a, back); refusal(err) != hubbub.CodeOIDCFailed {
		t.Errorf("the code again: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	there := providertest.Start(t)
	alter := func(name string, value any) providertest.Settings {
		return providertest.Settings{Claims: mina, Alter: func(claims map[string]any) {
			if claims[name] = value; value == nil {
				delete(claims, name)
			}
		}}
	}
	for why, set := range map[string]providertest.Settings{
		"the person says no":                    {Deny: "access_denied"},
		"an error that is no word":              {Deny: "<script>"},
		"another provider answers":              {Claims: mina, Issuer: "https://evil.example"},
		"a key that is not the provider's":      {Claims: mina, Forge: true},
		"no ID token":                           {Claims: mina, NoID: true},
		"another issuer's token":                alter("iss", "https://evil.example"),
		"a token for another site":              alter("aud", "somebody-else"),
		"another sign-in's nonce":               alter("nonce", "planted"),
		"no nonce":                              alter("nonce", nil),
		"a token that has expired":              alter("exp", time.Now().Add(-time.Hour).Unix()),
		"a token without a subject":             alter("sub", nil),
		"a subject too long to be kept":         alter("sub", strings.Repeat("x", 300)),
		"a name that is no text is not trusted": alter("name", []int{1}),
	} {
		there.Set(set)
		p := open(t, there, nil)
		a, back := begin(t, p, there)
		got, err := p.Finish(t.Context(), a, back)
		if refusal(err) != hubbub.CodeOIDCFailed || got != (oidc.Person{}) {
			t.Errorf("%s: %+v, %v", why, got, err)
		}
		if e := hubbub.AsError(err); e != nil && strings.ContainsAny(e.Message, "<>") {
			t.Errorf("%s: it says %s", why, e.Message)
		}
	}
}

// TestStolenCodes: a code is good only with the verifier that it was asked for with.
func TestStolenCodes(t *testing.T) {
	there := providertest.Start(t)
	there.Set(providertest.Settings{Claims: mina})
	p := open(t, there, nil)
	_, stolen := begin(t, p, there)
	thief, _ := begin(t, p, there)
	if got, err := p.Finish(t.Context(), thief, stolen); refusal(err) != hubbub.CodeOIDCFailed {
		t.Errorf("%+v, %v", got, err)
	}
	for why, bad := range map[string]oidc.Answer{"no code": {}, "a made-up one": {Code: "x"}, "one too long": {Code: strings.Repeat("x", 5000)}} {
		if got, err := p.Finish(t.Context(), thief, bad); refusal(err) != hubbub.CodeOIDCFailed {
			t.Errorf("%s: %+v, %v", why, got, err)
		}
	}
}

func TestWrongClientSecret(t *testing.T) {
	there := providertest.Start(t)
	there.Set(providertest.Settings{Claims: mina})
	p := open(t, there, func(o *oidc.Options) { o.ClientSecret = "wrong" })
	a, back := begin(t, p, there)
	if got, err := p.Finish(t.Context(), a, back); refusal(err) != hubbub.CodeOIDCFailed {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestDown: a provider that is away is asked again, and signs people in once it is
// back.
func TestDown(t *testing.T) {
	there := providertest.Start(t)
	there.Set(providertest.Settings{Silent: true})
	synctest.Test(t, func(t *testing.T) { // time stands still while it is asked, and passes as the test says
		p := open(t, there, nil)
		_, _, err := p.Begin(t.Context())
		e := hubbub.AsError(err)
		if e == nil || e.Code != hubbub.CodeUnavailable || e.RetryAfter == 0 {
			t.Fatalf("%v", err)
		}
		there.Set(providertest.Settings{Claims: mina})
		time.Sleep(e.RetryAfter - time.Millisecond)
		if _, _, err := p.Begin(t.Context()); refusal(err) != hubbub.CodeUnavailable {
			t.Errorf("asked again too soon: %v", err)
		}
		time.Sleep(time.Millisecond)
		if _, _, err := p.Begin(t.Context()); err != nil {
			t.Errorf("when it is back: %v", err)
		}
	})
}

// TestMadProviders: answers that are not what they should be do no harm.
func TestMadProviders(t *testing.T) {
	for why, handler := range map[string]http.HandlerFunc{
		"it leads elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		},
		"it is another": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"issuer":"https://evil.example"}`))
		},
		"it is no provider":        func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"it does not stop talking": func(w http.ResponseWriter, r *http.Request) { babble(w, r) },
	} {
		server := httptest.NewServer(handler)
		p, err := oidc.New(oidc.Options{Issuer: server.URL, ClientID: "x", Callback: callback})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := p.Begin(t.Context()); refusal(err) != hubbub.CodeUnavailable {
			t.Errorf("%s: %v", why, err)
		}
		server.CloseClientConnections()
		server.Close()
	}
}

func babble(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		if _, err := w.Write([]byte(strings.Repeat(" ", 1<<16))); err != nil {
			return
		}
	}
}

func TestOptions(t *testing.T) {
	good := oidc.Options{Issuer: "https://accounts.google.com", ClientID: "x", Callback: callback}
	if _, err := oidc.New(good); err != nil {
		t.Error(err)
	}
	for why, change := range map[string]func(*oidc.Options){
		"no issuer":             func(o *oidc.Options) { o.Issuer = "" },
		"an issuer in the open": func(o *oidc.Options) { o.Issuer = "http://accounts.example.org" },
		"an issuer that is none": func(o *oidc.Options) {
			o.Issuer = "accounts.google.com"
		},
		"no client":   func(o *oidc.Options) { o.ClientID = "" },
		"no callback": func(o *oidc.Options) { o.Callback = "/callback" },
	} {
		o := good
		change(&o)
		if _, err := oidc.New(o); err == nil {
			t.Errorf("%s is taken", why)
		}
	}
}

func refusal(err error) hubbub.Code {
	if err == nil {
		return ""
	}
	return hubbub.AsError(err).Code
}
