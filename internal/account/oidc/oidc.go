// Package oidc is the conversation with an OpenID Connect provider by which people
// sign in: the authorization code flow with PKCE, up to knowing who came. What is
// made of that is account's.
//
// The provider is asked for its addresses and keys when somebody first wants to
// sign in, and again until it answers: one that is down keeps nobody else out.
package oidc

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/hubbub-live/hubbub"
)

// Bounds of what a provider may say and how long it may take.
const (
	answerWithin = 5 * time.Second
	maxAnswer    = 1 << 20 // bytes
	maxIssuer    = 256     // bytes
	maxSubject   = 256     // bytes; OpenID Connect says 255 characters of ASCII
	maxCode      = 4 << 10 // bytes
	retryAfter   = 5 * time.Second
)

// Options name a provider and what this site is to it.
type Options struct {
	Issuer       string // URL, https or on this machine
	ClientID     string
	ClientSecret string // "" for clients without one: PKCE protects them
	Callback     string // URL, as it is registered with the provider
}

// A Provider is one that people sign in by. All methods may be called concurrently.
type Provider struct {
	o      Options
	client *http.Client

	mu    sync.Mutex // held while the provider is asked, so that it is asked once
	known *known     // nil until it has answered
	asked time.Time  // when it was asked last, in vain
	why   error
}

// known is what a provider says of itself.
type known struct {
	config   oauth2.Config
	verifier *oidc.IDTokenVerifier
	says     bool // names itself in every answer (RFC 9207)
}

// An Attempt is a sign-in under way. It is kept where only this site can read it.
type Attempt struct {
	State    string `json:"state"`    // comes back with the answer
	Nonce    string `json:"nonce"`    // comes back in the ID token
	Verifier string `json:"verifier"` // proves to the provider that we asked
}

// An Answer is the query by which the provider sends somebody back.
type Answer struct {
	Code, Issuer, Error string
}

// A Person is somebody as the provider knows them. Issuer and Subject name them
// for good; the rest is what they like to be called.
type Person struct {
	Issuer   string `json:"issuer"`
	Subject  string `json:"subject"`
	Name     string `json:"name"`
	Username string `json:"username"`
	Picture  string `json:"picture"`
}

// New makes a provider, which it does not ask for anything.
func New(o Options) (*Provider, error) {
	for name, text := range map[string]string{"issuer": o.Issuer, "callback": o.Callback} {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.Fragment != "" || len(text) > maxIssuer {
			return nil, fmt.Errorf("the provider's %s %q is no URL such as https://accounts.example.org", name, text)
		}
		if name == "issuer" && u.Scheme == "http" && !local(u.Hostname()) {
			return nil, fmt.Errorf("the provider %s has to be asked by https: whoever is between could be anybody", text)
		}
	}
	if o.ClientID == "" {
		return nil, errors.New("a provider needs the client id that it knows this site by")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true // it is asked too seldom to hold on to
	return &Provider{o: o, client: &http.Client{
		Timeout:       answerWithin,
		Transport:     bounded{transport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("a provider that leads elsewhere") },
	}}, nil
}

func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Begin starts a sign-in and returns where to send the person.
func (p *Provider) Begin(ctx context.Context) (Attempt, string, error) {
	k, err := p.ask(ctx)
	if err != nil {
		return Attempt{}, "", err
	}
	a := Attempt{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier()}
	return a, k.config.AuthCodeURL(a.State, oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)), nil
}

// Finish returns who came back from an attempt. Whatever does not fit together is
// oidc_failed.
func (p *Provider) Finish(ctx context.Context, a Attempt, answer Answer) (Person, error) {
	k, err := p.ask(ctx)
	if err != nil {
		return Person{}, err
	}
	switch {
	case answer.Issuer != "" && answer.Issuer != p.o.Issuer, answer.Issuer == "" && k.says:
		return Person{}, failed(nil, "the answer is another provider's")
	case answer.Error != "":
		return Person{}, failed(nil, "the provider says %s", word(answer.Error))
	case answer.Code == "" || len(answer.Code) > maxCode:
		return Person{}, failed(nil, "the provider gave no code")
	}
	ctx = oidc.ClientContext(ctx, p.client)
	tokens, err := k.config.Exchange(ctx, answer.Code, oauth2.VerifierOption(a.Verifier))
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused) && refused.Response.StatusCode < http.StatusInternalServerError:
		return Person{}, failed(err, "the provider does not take its code")
	case err != nil:
		return Person{}, away(err)
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return Person{}, failed(nil, "the provider does not say who you are")
	}
	verified, err := k.verifier.Verify(ctx, raw)
	if err != nil {
		return Person{}, failed(err, "what the provider says of you is not signed by it, not for this site, or too old")
	}
	return person(verified, a.Nonce)
}

// person reads a token that is the provider's; it has to be of this attempt.
func person(verified *oidc.IDToken, nonce string) (Person, error) {
	if subtle.ConstantTimeCompare([]byte(verified.Nonce), []byte(nonce)) == 0 {
		return Person{}, failed(nil, "what the provider says of you belongs to another sign-in")
	}
	if verified.Subject == "" || len(verified.Subject) > maxSubject {
		return Person{}, failed(nil, "the provider does not say who you are")
	}
	var claims struct {
		Name     string `json:"name"`
		Username string `json:"preferred_username"`
		Picture  string `json:"picture"`
	}
	if err := verified.Claims(&claims); err != nil {
		return Person{}, failed(err, "what the provider says of you cannot be read")
	}
	return Person{
		Issuer: verified.Issuer, Subject: verified.Subject,
		Name: cmp.Or(claims.Name, claims.Username), Username: claims.Username, Picture: claims.Picture,
	}, nil
}

// ask returns what the provider says of itself, which it asks for until it is
// answered, but not more often than every few seconds.
func (p *Provider) ask(ctx context.Context) (*known, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known != nil {
		return p.known, nil
	}
	if p.why != nil && time.Since(p.asked) < retryAfter {
		return nil, away(p.why)
	}
	// Not the context of who asks: others wait for the answer too.
	ctx, cancel := context.WithTimeout(oidc.ClientContext(context.WithoutCancel(ctx), p.client), answerWithin)
	defer cancel()
	provider, err := oidc.NewProvider(ctx, p.o.Issuer)
	var says struct {
		Issuer bool `json:"authorization_response_iss_parameter_supported"`
	}
	if err == nil {
		err = provider.Claims(&says)
	}
	if err != nil {
		p.why, p.asked = err, time.Now()
		return nil, away(err)
	}
	p.known = &known{
		config: oauth2.Config{
			ClientID: p.o.ClientID, ClientSecret: p.o.ClientSecret, RedirectURL: p.o.Callback,
			Endpoint: provider.Endpoint(), Scopes: []string{oidc.ScopeOpenID, "profile"},
		},
		verifier: provider.Verifier(&oidc.Config{ClientID: p.o.ClientID}),
		says:     says.Issuer,
	}
	return p.known, nil
}

// failed refuses a sign-in, which has to begin anew.
func failed(err error, format string, args ...any) error {
	e := hubbub.Refuse(hubbub.CodeOIDCFailed, format+"; sign in again", args...)
	e.Err = err
	return e
}

func away(err error) error {
	return &hubbub.Error{
		Code: hubbub.CodeUnavailable, Message: "the provider that you sign in by does not answer; try again in a moment",
		RetryAfter: retryAfter, Err: err,
	}
}

var words = regexp.MustCompile(`^[a-z_]{1,40}$`)

// word is an error of OAuth's, if it is one: anybody can write a query.
func word(s string) string {
	if words.MatchString(s) {
		return s
	}
	return "no"
}
