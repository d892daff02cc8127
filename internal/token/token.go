// Package token mints and verifies the tokens that say who somebody is.
//
// A token is a JWT: sub (the user id), name, picture, roles, iat and exp, and
// where it is to be told from others or may less than its user, jti and scope. A
// deployment has one algorithm and accepts no other: HS512 with a shared secret,
// which lets other systems issue tokens for it, or EdDSA with an Ed25519 key
// that never leaves the data folder and whose public half [Keys.JWKS] publishes.
// Whoever holds a valid token needs no account here.
//
// The package knows nothing of accounts, sessions or HTTP. It holds no state but
// the key; a *Keys may be used by any number of goroutines.
package token

import (
	"errors"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/hubbub-live/hubbub"
)

// Bounds of what is looked at and believed.
const (
	maxToken = 8 << 10 // bytes of a token; longer ones are refused unread
	leeway   = 10 * time.Second
)

// The scopes that there are. Others in a token allow nothing.
const (
	ScopeRead     = "read"     // see messages, events and figures
	ScopeSend     = "send"     // write messages
	ScopeModerate = "moderate" // what the user may do to the messages of others
)

// An Identity is what a valid token says about its holder.
type Identity struct {
	User    hubbub.UserID // 1 to 128 bytes, printable
	Name    string        // to show; the id where the token has none that can be shown
	Picture string        // an http(s) URL, or ""
	Roles   []string      // at most 16; never nil
	ID      string        // jti: names the token; "": it has none
	Scopes  []string      // at most 16 that the token is good for; nil: for everything
	Issued  time.Time     // in ms; zero: the token does not say
	Expires time.Time
}

// Keys verifies and mints tokens with the one key of a deployment.
type Keys struct {
	method jwt.SigningMethod
	sign   any    // what method signs with
	verify any    // what method verifies with
	id     string // the kid header; "" for a shared secret
	jwks   []byte
	weak   bool
	now    func() time.Time
	parser *jwt.Parser
}

func newKeys(method jwt.SigningMethod, sign, verify any, id string, jwks []byte) *Keys {
	k := &Keys{method: method, sign: sign, verify: verify, id: id, jwks: jwks}
	return k.WithClock(time.Now)
}

// WithClock returns keys that are the same but for what time it is.
func (k *Keys) WithClock(now func() time.Time) *Keys {
	c := *k
	c.now = now
	c.parser = jwt.NewParser(
		jwt.WithValidMethods([]string{k.method.Alg()}),
		jwt.WithStrictDecoding(), // one token has one spelling
		jwt.WithExpirationRequired(),
		jwt.WithLeeway(leeway),
		jwt.WithTimeFunc(now),
	)
	return &c
}

// Verify returns who holds raw. The error is a *hubbub.Error: token_expired for a
// good token past its time, token_invalid for everything else.
func (k *Keys) Verify(raw string) (Identity, error) {
	if len(raw) > maxToken {
		return Identity{}, invalid("the token is longer than %d bytes", maxToken)
	}
	var c claims
	if _, err := k.parser.ParseWithClaims(raw, &c, k.verifyKey); err != nil {
		return Identity{}, refusal(err)
	}
	return c.identity()
}

func (k *Keys) verifyKey(t *jwt.Token) (any, error) {
	// RFC 7515 §4.1.11: extensions marked critical must be understood, and we
	// understand none.
	if _, ok := t.Header["crit"]; ok {
		return nil, errors.New("critical header extensions")
	}
	return k.verify, nil
}

// Mint signs a token for id that is good for ttl from now; id.Issued and
// id.Expires are ignored. It fails for an identity that Verify would not return
// unchanged.
func (k *Keys) Mint(id Identity, ttl time.Duration) (string, error) {
	now := k.now()
	c := claims{
		Subject: string(id.User), Name: id.Name, Picture: id.Picture, Roles: id.Roles, ID: id.ID, Scope: id.Scopes,
		IssuedAt: seconds(now), Expires: seconds(now.Add(ttl).Truncate(time.Second)),
	}
	if err := c.mintable(); err != nil {
		return "", err
	}
	t := jwt.NewWithClaims(k.method, &c)
	if k.id != "" {
		t.Header["kid"] = k.id
	}
	return t.SignedString(k.sign)
}

// JWKS returns the key set document (RFC 7517) that verifies these tokens; it has
// no keys where the secret is shared. The caller must not change it.
func (k *Keys) JWKS() []byte { return k.jwks }

// Weak says whether the secret is short enough to be guessed from a token, which
// deserves a warning.
func (k *Keys) Weak() bool { return k.weak }

// Bearer returns the token of an Authorization header; ok is false for an empty
// one or another scheme.
func Bearer(header string) (raw string, ok bool) {
	scheme, raw, _ := strings.Cut(header, " ")
	raw = strings.Trim(raw, " ")
	return raw, raw != "" && strings.EqualFold(scheme, "Bearer")
}

func invalid(format string, args ...any) *hubbub.Error {
	return hubbub.Refuse(hubbub.CodeTokenInvalid, format, args...)
}

// refusal says what was wrong in our words: the library's may quote the token.
func refusal(err error) *hubbub.Error {
	e := invalid("the token is not one of ours")
	switch {
	case errors.Is(err, jwt.ErrTokenSignatureInvalid): // first: wrong keys learn nothing else
	case errors.Is(err, jwt.ErrTokenMalformed):
		e = invalid("the token cannot be read")
	case errors.Is(err, jwt.ErrTokenExpired):
		e = hubbub.Refuse(hubbub.CodeTokenExpired, "the token has expired; get a new one")
	case errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		e = invalid("the token has no expiry")
	case errors.Is(err, jwt.ErrTokenNotValidYet):
		e = invalid("the token is not valid yet")
	}
	e.Err = err
	return e
}
