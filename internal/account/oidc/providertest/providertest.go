// Package providertest is an OpenID Connect provider in the test's own process. It
// insists on what a careful one insists on: its client's id, secret and callback,
// PKCE by S256, codes that are good once. It can be told to misbehave.
package providertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/coreos/go-oidc/v3/oidc/oidctest"
)

// What the one client is.
const (
	ClientID     = "hubbub"
	ClientSecret = "a secret: with / signs & all"
)

const keyID = "k1"

// A Provider is one. Its fields are changed by Set.
type Provider struct {
	URL string

	mu     sync.Mutex
	set    Settings
	key    *ecdsa.PrivateKey
	forged *ecdsa.PrivateKey // not published
	oidc   oidctest.Server
	grants map[string]url.Values // by code, what was asked for
}

// Settings are how a provider behaves.
type Settings struct {
	Claims map[string]any       // of whoever signs in; sub, name and the like
	Alter  func(map[string]any) // changes the claims of an ID token last; nil: as they should be
	Deny   string               // an error in the place of a code
	Issuer string               // named in answers (RFC 9207); "": none
	Forge  bool                 // signs with a key that is not published
	Silent bool                 // tells nothing of itself: it is down
	NoID   bool                 // forgets the ID token
}

// Start starts a provider for the length of a test.
func Start(t testing.TB) *Provider {
	t.Helper()
	p := &Provider{key: newKey(t), forged: newKey(t), grants: map[string]url.Values{}}
	p.oidc = oidctest.Server{
		PublicKeys: []oidctest.PublicKey{{PublicKey: p.key.Public(), KeyID: keyID, Algorithm: oidc.ES256}},
		Algorithms: []string{oidc.ES256},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /auth", p.authorize)
	mux.HandleFunc("POST /token", p.exchange)
	mux.HandleFunc("/", p.describe)
	server := httptest.NewServer(mux)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	p.URL = server.URL
	p.oidc.SetIssuer(server.URL)
	return p
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Set says how it behaves from now on.
func (p *Provider) Set(s Settings) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.set = s
}

func (p *Provider) settings() Settings {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.set
}

func (p *Provider) describe(w http.ResponseWriter, r *http.Request) {
	if p.settings().Silent {
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	}
	p.oidc.ServeHTTP(w, r)
}

// authorize lets everybody in who is sent by the client.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q, set := r.URL.Query(), p.settings()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || back.Host == "" || q.Get("client_id") != ClientID || q.Get("response_type") != "code" ||
		!strings.Contains(q.Get("scope"), "openid") || q.Get("state") == "" || q.Get("nonce") == "" ||
		q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") == "" {
		http.Error(w, "this client asks for what it may not: "+r.URL.RawQuery, http.StatusBadRequest)
		return
	}
	answer := url.Values{"state": {q.Get("state")}}
	if set.Issuer != "" {
		answer.Set("iss", set.Issuer)
	}
	if set.Deny != "" {
		answer.Set("error", set.Deny)
	} else {
		code := rand.Text()
		p.mu.Lock()
		p.grants[code] = q
		p.mu.Unlock()
		answer.Set("code", code)
	}
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

// exchange gives an ID token for a code.
func (p *Provider) exchange(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	id, _ = url.QueryUnescape(id) // RFC 6749 §2.3.1
	secret, _ = url.QueryUnescape(secret)
	if id != ClientID || secret != ClientSecret {
		refuse(w, http.StatusUnauthorized, "invalid_client")
		return
	}
	p.mu.Lock()
	asked, ok := p.grants[r.PostFormValue("code")]
	delete(p.grants, r.PostFormValue("code"))
	p.mu.Unlock()
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !ok || r.PostFormValue("grant_type") != "authorization_code" || r.PostFormValue("redirect_uri") != asked.Get("redirect_uri") ||
		base64.RawURLEncoding.EncodeToString(sum[:]) != asked.Get("code_challenge") {
		refuse(w, http.StatusBadRequest, "invalid_grant")
		return
	}
	answer := map[string]any{"access_token": rand.Text(), "token_type": "Bearer", "expires_in": 60}
	if set := p.settings(); !set.NoID {
		answer["id_token"] = p.idToken(set, asked.Get("nonce"))
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

func (p *Provider) idToken(set Settings, nonce string) string {
	claims := map[string]any{
		"iss": p.URL, "aud": ClientID, "nonce": nonce, "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(),
	}
	for name, value := range set.Claims {
		claims[name] = value
	}
	if set.Alter != nil {
		set.Alter(claims)
	}
	text, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	key := p.key
	if set.Forge {
		key = p.forged
	}
	return oidctest.SignIDToken(key, keyID, oidc.ES256, string(text))
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":%q}`, code)
}

// Visit is a browser that is sent to the provider and back: it returns the query
// with which it comes to the callback, without going there.
func (p *Provider) Visit(t testing.TB, where string) url.Values {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, where, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close() // it has nothing to say
	back, err := res.Location()
	if err != nil {
		t.Fatalf("the provider answers %s and leads nowhere", res.Status)
	}
	return back.Query()
}
