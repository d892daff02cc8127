package token

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub"
)

var (
	secret = []byte("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
	noon   = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	ann    = Identity{User: "u1", Name: "Ann", Picture: "https://pics.example/ann.png", Roles: []string{"guest"}}
)

func atNoon() time.Time { return noon }

func shared(t testing.TB) *Keys {
	t.Helper()
	k, err := FromSecret(secret)
	if err != nil {
		t.Fatal(err)
	}
	return k.WithClock(atNoon)
}

func own(t testing.TB) *Keys {
	t.Helper()
	k, err := Open(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	return k.WithClock(atNoon)
}

// sign makes a token that Mint would not.
func sign(t testing.TB, method jwt.SigningMethod, key any, header, payload map[string]any) string {
	t.Helper()
	tok := jwt.NewWithClaims(method, jwt.MapClaims(payload))
	for name, value := range header {
		tok.Header[name] = value
	}
	raw, err := tok.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestMintedTokensVerify(t *testing.T) {
	for name, k := range map[string]*Keys{"HS512": shared(t), "EdDSA": own(t)} {
		t.Run(name, func(t *testing.T) {
			raw, err := k.Mint(ann, 15*time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			got, err := k.Verify(raw)
			if err != nil {
				t.Fatal(err)
			}
			want := ann
			want.Expires = noon.Add(15 * time.Minute)
			if got.User != want.User || got.Name != want.Name || got.Picture != want.Picture ||
				!slices.Equal(got.Roles, want.Roles) || !got.Expires.Equal(want.Expires) {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if strings.Contains(raw, "\n") || strings.Count(raw, ".") != 2 {
				t.Errorf("not a compact token: %q", raw)
			}
		})
	}
}

func TestExpiryAndLeeway(t *testing.T) {
	k := shared(t)
	raw, err := k.Mint(ann, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	at := func(after time.Duration) error {
		_, err := k.WithClock(func() time.Time { return noon.Add(after) }).Verify(raw)
		return err
	}
	if err := at(time.Minute + leeway - time.Second); err != nil {
		t.Errorf("within the leeway: %v", err)
	}
	wantCode(t, at(time.Minute+leeway+time.Second), hubbub.CodeTokenExpired)
}

func wantCode(t testing.TB, err error, code hubbub.Code) {
	t.Helper()
	var e *hubbub.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Errorf("got %v, want code %s", err, code)
	}
}

func TestHostileTokens(t *testing.T) {
	good := func(extra map[string]any) map[string]any {
		p := map[string]any{"sub": "u1", "name": "Ann", "exp": noon.Add(time.Hour).Unix()}
		for name, value := range extra {
			if value == nil {
				delete(p, name)
			} else {
				p[name] = value
			}
		}
		return p
	}
	k, ed := shared(t), own(t)
	hs := func(extra map[string]any) string {
		return sign(t, jwt.SigningMethodHS512, secret, nil, good(extra))
	}
	enc := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	minted, err := ed.Mint(ann, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	public := ed.verify
	publicBytes, err := json.Marshal(public)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(hs(nil), ".")

	for _, row := range []struct {
		why  string
		keys *Keys
		raw  string
		code hubbub.Code
	}{
		{"nothing at all", k, "", hubbub.CodeTokenInvalid},
		{"not three parts", k, "a.b", hubbub.CodeTokenInvalid},
		{"parts that are not base64", k, "!!.!!.!!", hubbub.CodeTokenInvalid},
		{"many dots must not cost many splits", k, strings.Repeat(".", maxToken), hubbub.CodeTokenInvalid},
		{"too long is refused unread", k, strings.Repeat("a", maxToken+1), hubbub.CodeTokenInvalid},
		{"none needs no key", k, sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, good(nil)), hubbub.CodeTokenInvalid},
		{"None in other letters", k, enc(`{"alg":"nOnE","typ":"JWT"}`) + "." + parts[1] + ".", hubbub.CodeTokenInvalid},
		{"no alg", k, enc(`{"typ":"JWT"}`) + "." + parts[1] + "." + parts[2], hubbub.CodeTokenInvalid},
		{"alg that is no string", k, enc(`{"alg":512}`) + "." + parts[1] + "." + parts[2], hubbub.CodeTokenInvalid},
		{"right secret, other HMAC", k, sign(t, jwt.SigningMethodHS256, secret, nil, good(nil)), hubbub.CodeTokenInvalid},
		{"right secret, other HMAC", k, sign(t, jwt.SigningMethodHS384, secret, nil, good(nil)), hubbub.CodeTokenInvalid},
		{"another secret", k, sign(t, jwt.SigningMethodHS512, []byte("another"), nil, good(nil)), hubbub.CodeTokenInvalid},
		{"the public key as an HMAC secret", ed, sign(t, jwt.SigningMethodHS512, publicBytes, nil, good(nil)), hubbub.CodeTokenInvalid},
		{"an HMAC token where Ed25519 is pinned", ed, hs(nil), hubbub.CodeTokenInvalid},
		{"an Ed25519 token where HMAC is pinned", k, minted, hubbub.CodeTokenInvalid},
		{"another deployment's key", own(t), minted, hubbub.CodeTokenInvalid},
		{"no signature", k, parts[0] + "." + parts[1] + ".", hubbub.CodeTokenInvalid},
		{"payload changed after signing", k, parts[0] + "." + enc(`{"sub":"admin","exp":9999999999}`) + "." + parts[2], hubbub.CodeTokenInvalid},
		{"signature cut short", k, parts[0] + "." + parts[1] + "." + parts[2][:20], hubbub.CodeTokenInvalid},
		{"spaces around", k, " " + hs(nil), hubbub.CodeTokenInvalid},
		{"a critical extension we do not know", k, sign(t, jwt.SigningMethodHS512, secret, map[string]any{"crit": []string{"b64"}}, good(nil)), hubbub.CodeTokenInvalid},
		{"no subject", k, hs(map[string]any{"sub": nil}), hubbub.CodeTokenInvalid},
		{"empty subject", k, hs(map[string]any{"sub": ""}), hubbub.CodeTokenInvalid},
		{"subject that is no string", k, hs(map[string]any{"sub": 7}), hubbub.CodeTokenInvalid},
		{"subject too long for keys", k, hs(map[string]any{"sub": strings.Repeat("u", maxUser+1)}), hubbub.CodeTokenInvalid},
		{"subject with a line break would forge headers", k, hs(map[string]any{"sub": "u\nroles:admin"}), hubbub.CodeTokenInvalid},
		{"no expiry would be for ever", k, hs(map[string]any{"exp": nil}), hubbub.CodeTokenInvalid},
		{"expired", k, hs(map[string]any{"exp": noon.Add(-time.Minute).Unix()}), hubbub.CodeTokenExpired},
		{"expired and of another key: the key counts", ed, hs(map[string]any{"exp": 1}), hubbub.CodeTokenInvalid},
		{"expiry that is no number", k, hs(map[string]any{"exp": "tomorrow"}), hubbub.CodeTokenInvalid},
		{"expiry beyond every calendar", k, hs(map[string]any{"exp": 1e300}), hubbub.CodeTokenInvalid},
		{"expiry before 1970", k, hs(map[string]any{"exp": -1}), hubbub.CodeTokenInvalid},
		{"not valid yet", k, hs(map[string]any{"nbf": noon.Add(time.Hour).Unix()}), hubbub.CodeTokenInvalid},
		{"roles that are no strings", k, hs(map[string]any{"roles": []int{1}}), hubbub.CodeTokenInvalid},
		{"payload that is no object", k, rawHS(t, `[]`), hubbub.CodeTokenInvalid},
		{"payload null", k, rawHS(t, `null`), hubbub.CodeTokenInvalid},
	} {
		t.Run(row.why, func(t *testing.T) {
			id, err := row.keys.Verify(row.raw)
			wantCode(t, err, row.code)
			if id.User != "" {
				t.Errorf("an identity despite the refusal: %+v", id)
			}
			if e := hubbub.AsError(err); row.raw != "" && strings.Contains(e.Message, row.raw) {
				t.Errorf("the message quotes the token: %q", e.Message)
			}
		})
	}
}

// rawHS signs any payload with the right secret.
func rawHS(t testing.TB, payload string) string {
	t.Helper()
	enc := base64.RawURLEncoding.EncodeToString
	text := enc([]byte(`{"alg":"HS512","typ":"JWT"}`)) + "." + enc([]byte(payload))
	sig, err := jwt.SigningMethodHS512.Sign(text, secret)
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + enc(sig)
}

func TestTokensOfOtherSystems(t *testing.T) {
	k := shared(t)
	for _, row := range []struct {
		why, payload string
		want         Identity
	}{
		{"without a name the id is shown", `{"sub":"42","exp":9999999999}`, Identity{User: "42", Name: "42"}},
		{"aud and iss are theirs", `{"sub":"42","iss":"x","aud":["y"],"exp":9999999999}`, Identity{User: "42", Name: "42"}},
		{"fractions of a second", `{"sub":"42","iat":1.5,"exp":9999999999.25}`, Identity{User: "42", Name: "42"}},
		{"one role as a string", `{"sub":"42","roles":"admin","exp":9999999999}`, Identity{User: "42", Name: "42", Roles: []string{"admin"}}},
		{"a name that turns the line around is not shown", `{"sub":"42","name":"a\u202eb","exp":9999999999}`, Identity{User: "42", Name: "42"}},
		{"a name that is too long is not shown", `{"sub":"42","name":"` + strings.Repeat("n", maxName+1) + `","exp":9999999999}`, Identity{User: "42", Name: "42"}},
		{"markup is text", `{"sub":"42","name":"<script>","exp":9999999999}`, Identity{User: "42", Name: "<script>"}},
		{"a script as a picture is dropped", `{"sub":"42","picture":"javascript:alert(1)","exp":9999999999}`, Identity{User: "42", Name: "42"}},
		{"a picture without a host is dropped", `{"sub":"42","picture":"https:///x","exp":9999999999}`, Identity{User: "42", Name: "42"}},
		{"an id of any script", `{"sub":"사용자-1","exp":9999999999}`, Identity{User: "사용자-1", Name: "사용자-1"}},
	} {
		t.Run(row.why, func(t *testing.T) {
			got, err := k.Verify(rawHS(t, row.payload))
			if err != nil {
				t.Fatal(err)
			}
			if got.User != row.want.User || got.Name != row.want.Name || got.Picture != row.want.Picture || !slices.Equal(got.Roles, row.want.Roles) {
				t.Errorf("got %+v, want %+v", got, row.want)
			}
		})
	}
	many := make([]string, 100)
	for i := range many {
		many[i] = "r"
	}
	got, err := k.Verify(sign(t, jwt.SigningMethodHS512, secret, nil, map[string]any{"sub": "1", "exp": 9999999999, "roles": many}))
	if err != nil || len(got.Roles) != maxRoles {
		t.Errorf("%d roles, %v; want %d", len(got.Roles), err, maxRoles)
	}
}

func TestMintRefusesWhatVerifyWouldChange(t *testing.T) {
	k := shared(t)
	for why, id := range map[string]Identity{
		"no user":        {Name: "Ann"},
		"control":        {User: "u", Name: "a\x00b"},
		"script picture": {User: "u", Name: "Ann", Picture: "javascript:x"},
		"empty role":     {User: "u", Name: "Ann", Roles: []string{""}},
	} {
		if raw, err := k.Mint(id, time.Minute); err == nil {
			t.Errorf("%s: minted %s", why, raw)
		}
	}
}

func TestWhatIsMintedComesBack(t *testing.T) {
	k := shared(t)
	rapid.Check(t, func(t *rapid.T) {
		id := Identity{
			User:  hubbub.UserID(rapid.StringN(0, 40, 200).Draw(t, "user")),
			Name:  rapid.StringN(0, 80, 300).Draw(t, "name"),
			Roles: rapid.SliceOfN(rapid.StringN(0, 10, 40), 0, 20).Draw(t, "roles"),
		}
		raw, err := k.Mint(id, time.Minute)
		if err != nil {
			return
		}
		got, err := k.Verify(raw)
		if err != nil {
			t.Fatal(err)
		}
		if id.Name == "" {
			id.Name = string(id.User)
		}
		if got.User != id.User || got.Name != id.Name || !slices.Equal(got.Roles, id.Roles) {
			t.Fatalf("got %+v, want %+v", got, id)
		}
	})
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir, false); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without create: %v", err)
	}
	// Processes that start at once agree on one key.
	tokens := make([]string, 8)
	var all sync.WaitGroup
	for i := range tokens {
		all.Go(func() {
			k, err := Open(dir, true)
			if err != nil {
				t.Error(err)
				return
			}
			tokens[i], err = k.Mint(ann, time.Minute)
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	again, err := Open(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range tokens {
		if _, err := again.Verify(raw); err != nil {
			t.Error(err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v; want the key alone", entries, err)
	}
	path := filepath.Join(dir, KeyFile)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
	for why, spoil := range map[string]func() error{
		"readable by others": func() error { return os.Chmod(path, 0o640) },
		"torn":               func() error { return os.WriteFile(path, []byte("-----BEGIN PRI"), 0o600) },
		"foreign": func() error {
			return os.WriteFile(path, []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), 0o600)
		},
	} {
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		// Never replaced: all tokens and sessions hang on it.
		if _, err := Open(dir, true); err == nil || !strings.Contains(err.Error(), KeyFile) {
			t.Errorf("%s: %v; want an error that names the file", why, err)
		}
		if err := errors.Join(os.WriteFile(path, before, 0o600), os.Chmod(path, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestJWKS(t *testing.T) {
	if got := string(shared(t).JWKS()); got != `{"keys":[]}` {
		t.Errorf("a shared secret is published: %s", got)
	}
	k := own(t)
	var doc struct{ Keys []map[string]string }
	if err := json.Unmarshal(k.JWKS(), &doc); err != nil || len(doc.Keys) != 1 {
		t.Fatalf("%s: %v", k.JWKS(), err)
	}
	if _, secret := doc.Keys[0]["d"]; secret {
		t.Fatal("the private key is published")
	}
	raw, err := k.Mint(ann, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	tok, _, err := jwt.NewParser().ParseUnverified(raw, jwt.MapClaims{})
	if err != nil || tok.Header["kid"] != doc.Keys[0]["kid"] {
		t.Errorf("kid %v, %v; the document has %v", tok.Header["kid"], err, doc.Keys[0]["kid"])
	}
}

func TestSecrets(t *testing.T) {
	if _, err := FromSecret(nil); err == nil {
		t.Error("an empty secret was taken")
	}
	for secret, weak := range map[string]bool{"short": true, strings.Repeat("s", strongSecret): false} {
		k, err := FromSecret([]byte(secret))
		if err != nil || k.Weak() != weak {
			t.Errorf("%q: weak %v, %v", secret, k.Weak(), err)
		}
	}
}

func TestBearer(t *testing.T) {
	for header, want := range map[string]string{
		"Bearer a.b.c": "a.b.c", "bearer a.b.c": "a.b.c", "Bearer  a.b.c ": "a.b.c",
		"": "", "Bearer": "", "Bearer ": "", "Basic a.b.c": "", "a.b.c": "",
	} {
		raw, ok := Bearer(header)
		if ok != (want != "") || ok && raw != want {
			t.Errorf("%q: %q, %v; want %q", header, raw, ok, want)
		}
	}
}

// FuzzVerify: whatever comes in, with whatever payload under a good signature,
// gets an identity within bounds or a coded refusal.
func FuzzVerify(f *testing.F) {
	k := shared(f)
	raw, err := k.Mint(ann, time.Minute)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add("..")
	f.Add(`{"sub":"u","exp":9999999999,"roles":["a"],"name":"n"}`)
	f.Add(`{"sub":"u","exp":1e308,"roles":null}`)
	f.Fuzz(func(t *testing.T, in string) {
		for _, raw := range []string{in, rawHS(t, in)} {
			id, err := k.Verify(raw)
			var e *hubbub.Error
			switch {
			case err != nil && (!errors.As(err, &e) || (e.Code != hubbub.CodeTokenInvalid && e.Code != hubbub.CodeTokenExpired)):
				t.Fatalf("uncoded: %v", err)
			case err == nil && (!plain(string(id.User), maxUser) || !plain(id.Name, maxName) || id.Roles == nil || id.Expires.IsZero()):
				t.Fatalf("out of bounds: %+v", id)
			}
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	for name, k := range map[string]*Keys{"HS512": shared(b), "EdDSA": own(b)} {
		raw, err := k.Mint(ann, time.Hour)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := k.Verify(raw); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
