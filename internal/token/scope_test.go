package token

import (
	"slices"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub"
)

func TestScopesAndIDs(t *testing.T) {
	k := shared(t)
	for _, row := range []struct {
		why, claims string
		id          string
		scopes      []string
	}{
		{"without a scope it is good for everything", ``, "", nil},
		{"words in a string", `,"scope":"read  send"`, "", []string{"read", "send"}},
		{"a list, as some write it", `,"scope":["read"]`, "", []string{"read"}},
		{"an empty one is good for nothing", `,"scope":""`, "", []string{}},
		{"nor is none of them", `,"scope":null`, "", []string{}},
		{"what we do not know allows nothing", `,"scope":"openid read"`, "", []string{"openid", "read"}},
		{"an id of any system", `,"jti":"7f"`, "7f", nil},
	} {
		id, err := k.Verify(rawHS(t, `{"sub":"42","exp":9999999999`+row.claims+`}`))
		if err != nil || id.ID != row.id || !slices.Equal(id.Scopes, row.scopes) || (id.Scopes == nil) != (row.scopes == nil) {
			t.Errorf("%s: %q, %#v, %v", row.why, id.ID, id.Scopes, err)
		}
	}
	for why, extra := range map[string]map[string]any{
		"a scope that is a number is not everything": {"scope": 7},
		"nor is an object":                           {"scope": map[string]any{"read": true}},
		"an id with a line break":                    {"jti": "a\nb"},
		"an id that is a number":                     {"jti": 7},
		"issued at no time there is":                 {"iat": -1},
	} {
		claims := map[string]any{"sub": "u1", "exp": 9999999999}
		for name, value := range extra {
			claims[name] = value
		}
		_, err := k.Verify(sign(t, jwt.SigningMethodHS512, secret, nil, claims))
		if e := hubbub.AsError(err); e == nil || e.Code != hubbub.CodeTokenInvalid {
			t.Errorf("%s: %v", why, err)
		}
	}
}

// TestIssuedToTheMillisecond: tokens from before and after a sign-out are told apart.
func TestIssuedToTheMillisecond(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		now := time.UnixMilli(rapid.Int64Range(0, 4e12).Draw(r, "now"))
		k := shared(t).WithClock(func() time.Time { return now.Add(999 * time.Microsecond) })
		raw, err := k.Mint(ann, time.Minute)
		if err != nil {
			r.Fatal(err)
		}
		id, err := k.Verify(raw)
		if err != nil || !id.Issued.Equal(now) {
			r.Fatalf("issued at %v, minted at %v: %v", id.Issued, now, err)
		}
	})
}

func TestScopedTokensComeBack(t *testing.T) {
	k := shared(t)
	rapid.Check(t, func(r *rapid.T) {
		want := ann
		want.ID = rapid.StringN(0, 20, 60).Draw(r, "id")
		if rapid.Bool().Draw(r, "scoped") {
			want.Scopes = append([]string{}, rapid.SliceOfN(rapid.StringN(0, 8, 20), 0, 20).Draw(r, "scopes")...)
		}
		raw, err := k.Mint(want, time.Minute)
		if err != nil {
			return
		}
		got, err := k.Verify(raw)
		if err != nil || got.ID != want.ID || !slices.Equal(got.Scopes, want.Scopes) || (got.Scopes == nil) != (want.Scopes == nil) {
			r.Fatalf("got %+v, %v; want %+v", got, err, want)
		}
	})
}
