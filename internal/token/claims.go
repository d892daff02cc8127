package token

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
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
	maxRole    = 32 // bytes
)

// claims is the payload of a token. Unknown claims, aud and iss among them, are
// ignored: other systems put in what they like.
type claims struct {
	Subject   string   `json:"sub"`
	Name      string   `json:"name,omitempty"`
	Picture   string   `json:"picture,omitempty"`
	Roles     roles    `json:"roles,omitempty"`
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

// numeric is a time in seconds since 1970, with a fraction in some systems.
type numeric float64

func seconds(unix int64) *numeric {
	n := numeric(unix)
	return &n
}

// date converts n; far beyond the calendar, conversion would turn the sign.
func (n *numeric) date() (*jwt.NumericDate, error) {
	const year9999 = 253402300799
	switch {
	case n == nil:
		return nil, nil
	case !(*n >= 0 && *n <= year9999):
		return nil, jwt.ErrTokenMalformed
	}
	return &jwt.NumericDate{Time: time.Unix(int64(*n), 0)}, nil
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
	expires, err := c.Expires.date()
	if err != nil || expires == nil { // verified before
		return Identity{}, invalid("the token has no expiry")
	}
	id.Expires = expires.Time
	return id, nil
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
