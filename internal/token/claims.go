package token

import (
	"encoding/json"
	"errors"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"github.com/hubbub-live/hubbub"
)

// Bounds of claims. Names are bounded more strictly where they are chosen; these
// hold for what other systems sign with a shared secret.
const (
	maxUser    = 128 // bytes
	maxName    = 272 // bytes: the longest name a person can have, and a suffix
	maxPicture = 512 // bytes
	maxRoles   = 16
	maxRole    = 32  // bytes
	maxID      = 128 // bytes
)

// claims is the payload of a token. Unknown claims, aud and iss among them, are
// ignored: other systems put in what they like.
type claims struct {
	Subject   string   `json:"sub"`
	Name      string   `json:"name,omitempty"`
	Picture   string   `json:"picture,omitempty"`
	Roles     roles    `json:"roles,omitempty"`
	ID        string   `json:"jti,omitempty"`
	Scope     scopes   `json:"scope,omitzero"` // nil: everything
	IssuedAt  *numeric `json:"iat,omitempty"`
	NotBefore *numeric `json:"nbf,omitempty"`
	Expires   *numeric `json:"exp,omitempty"`
}

// roles is a list of strings; one string alone is read as a list of one.
type roles []string

func (r *roles) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*r = roles{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(r))
}

// scopes is a list of words in one string, separated by spaces (RFC 8693). A list
// of strings is understood too; null is a list of none, and what is neither makes the
// token invalid rather than good for everything.
type scopes []string

func (s *scopes) UnmarshalJSON(text []byte) error {
	var words string
	if json.Unmarshal(text, &words) == nil {
		*s = append(scopes{}, strings.Fields(words)...)
		return nil
	}
	return json.Unmarshal(text, (*[]string)(s))
}

// MarshalJSON writes the words in one string.
func (s scopes) MarshalJSON() ([]byte, error) { return json.Marshal(strings.Join(s, " ")) }

// numeric is a time in seconds since 1970, with a fraction in some systems, and in
// our iat: tokens issued before a sign-out are told from those after it.
type numeric float64

func seconds(t time.Time) *numeric {
	n := numeric(float64(t.UnixMilli()) / 1000)
	return &n
}

// date converts n, to the ms; far beyond the calendar, conversion would turn the sign.
func (n *numeric) date() (*jwt.NumericDate, error) {
	const year9999 = 253402300799
	switch {
	case n == nil:
		return nil, nil
	case !(*n >= 0 && *n <= year9999):
		return nil, jwt.ErrTokenMalformed
	}
	return &jwt.NumericDate{Time: time.UnixMilli(int64(math.Round(float64(*n) * 1000)))}, nil
}

// The methods of jwt.Claims.

func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return c.Expires.date() }
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error)       { return c.IssuedAt.date() }
func (c *claims) GetNotBefore() (*jwt.NumericDate, error)      { return c.NotBefore.date() }
func (c *claims) GetIssuer() (string, error)                   { return "", nil }
func (c *claims) GetSubject() (string, error)                  { return c.Subject, nil }
func (c *claims) GetAudience() (jwt.ClaimStrings, error)       { return nil, nil }

// identity believes of verified claims what can be shown and stored. A name or
// picture that cannot is left out rather than refused: its holder is known, and
// often cannot change what the other system has.
func (c *claims) identity() (Identity, error) {
	if !plain(c.Subject, maxUser) {
		return Identity{}, invalid("the token's subject is missing, longer than %d bytes or not printable", maxUser)
	}
	id := Identity{User: hubbub.UserID(c.Subject), Name: c.Name, Picture: c.Picture, Roles: []string{}}
	if !plain(id.Name, maxName) {
		id.Name = c.Subject
	}
	if !showable(id.Picture) {
		id.Picture = ""
	}
	for _, role := range c.Roles {
		if len(id.Roles) < maxRoles && plain(role, maxRole) {
			id.Roles = append(id.Roles, role)
		}
	}
	if err := c.restrict(&id); err != nil {
		return Identity{}, err
	}
	expires, err := c.Expires.date()
	if err != nil || expires == nil { // verified before
		return Identity{}, invalid("the token has no expiry")
	}
	id.Expires = expires.Time
	issued, err := c.IssuedAt.date()
	if err != nil {
		return Identity{}, invalid("the token says that it was issued at no time there is")
	}
	if issued != nil {
		id.Issued = issued.Time
	}
	return id, nil
}

// restrict takes over the token's id and scopes. An id that cannot be kept is
// refused: the token could not be revoked.
func (c *claims) restrict(id *Identity) error {
	if c.ID != "" && !plain(c.ID, maxID) {
		return invalid("the token's id is longer than %d bytes or not printable", maxID)
	}
	id.ID = c.ID
	if c.Scope == nil {
		return nil
	}
	id.Scopes = []string{}
	for _, scope := range c.Scope {
		if len(id.Scopes) < maxRoles && plain(scope, maxRole) {
			id.Scopes = append(id.Scopes, scope)
		}
	}
	return nil
}

// mintable says whether identity would return what was put in.
func (c *claims) mintable() error {
	id, err := c.identity()
	if err != nil {
		return err
	}
	if c.Name == "" {
		id.Name = ""
	}
	if id.Name != c.Name || id.Picture != c.Picture || !slices.Equal(id.Roles, c.Roles) {
		return errors.New("mint a token: a name, picture or role that cannot be shown")
	}
	if c.Scope == nil {
		return nil
	}
	if words := strings.Fields(strings.Join(c.Scope, " ")); !slices.Equal(id.Scopes, words) || !slices.Equal(c.Scope, words) {
		return errors.New("mint a token: a scope that is no word")
	}
	return nil
}

// plain says whether s has 1 to limit bytes of text without control characters,
// line breaks or bidirectional overrides.
func plain(s string, limit int) bool {
	if s == "" || len(s) > limit || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r) {
			return false
		}
	}
	return true
}

func showable(picture string) bool {
	if !plain(picture, maxPicture) {
		return false
	}
	u, err := url.Parse(picture)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}
