package e2e

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"hash"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// secret is shared with another issuer of tokens.
const secret = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// jwt makes a token by hand, so that nothing checks what is put in.
func jwt(header, claims string, sign func([]byte) []byte) string {
	signed := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	return signed + "." + base64.RawURLEncoding.EncodeToString(sign([]byte(signed)))
}

func mac(h func() hash.Hash, key []byte) func([]byte) []byte {
	return func(text []byte) []byte {
		m := hmac.New(h, key)
		m.Write(text)
		return m.Sum(nil)
	}
}

func edDSA(key ed25519.PrivateKey) func([]byte) []byte {
	return func(text []byte) []byte { return ed25519.Sign(key, text) }
}

// hs512 signs claims as another issuer with the shared secret does.
func hs512(claims string) string {
	return jwt(`{"alg":"HS512","typ":"JWT"}`, claims, mac(sha512.New, []byte(secret)))
}

// keyOf reads the key with which a server signs.
func keyOf(t testing.TB, server *hub.Server) ed25519.PrivateKey {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(server.Data, "token-key.pem"))
	must(t, err)
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	must(t, err)
	return key.(ed25519.PrivateKey)
}

// A badToken opens no session and no account.
type badToken struct {
	name, token string
	want        hubbub.Code
}

// claimsUntil are the claims of a user 42, good for so long.
func claimsUntil(d time.Duration) string {
	return fmt.Sprintf(`{"sub":"42","name":"Forty-two","exp":%d}`, time.Now().Add(d).Unix())
}

// badTokens are those that neither kind of server takes: sign is what it signs
// with, of a header with alg. Good claims are good for an hour.
func badTokens(alg string, sign func([]byte) []byte) []badToken {
	header := `{"alg":"` + alg + `","typ":"JWT"}`
	good := claimsUntil(time.Hour)
	own := func(name, claims string) badToken {
		return badToken{name, jwt(header, claims, sign), hubbub.CodeTokenInvalid}
	}
	parts := strings.Split(jwt(header, good, sign), ".")
	admin := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(good, "Forty-two", "x\",\"roles\":[\"admin\"],\"y\":\"z", 1)))
	none := func([]byte) []byte { return nil }
	return []badToken{
		{"expired a minute ago", jwt(header, claimsUntil(-time.Minute), sign), hubbub.CodeTokenExpired},
		own("no expiry", `{"sub":"42"}`),
		own("an expiry in words", `{"sub":"42","exp":"never"}`),
		own("an expiry beyond any calendar", `{"sub":"42","exp":1e300}`),
		own("good from tomorrow", fmt.Sprintf(`{"sub":"42","nbf":%d,"exp":9999999999}`, time.Now().Add(24*time.Hour).Unix())),
		own("no subject", `{"name":"x","exp":9999999999}`),
		own("a subject that would forge a header", `{"sub":"42\nroles:admin","exp":9999999999}`),
		own("a subject that is no string", `{"sub":42,"exp":9999999999}`),
		own("a subject of 129 octets", `{"sub":"`+strings.Repeat("u", 129)+`","exp":9999999999}`),
		own("claims that are no object", `[]`),
		{"other claims than were signed", parts[0] + "." + admin + "." + parts[2], hubbub.CodeTokenInvalid},
		{"no signature", parts[0] + "." + parts[1] + ".", hubbub.CodeTokenInvalid},
		{"two parts", parts[0] + "." + parts[1], hubbub.CodeTokenInvalid},
		{"another spelling of the signature", strings.Join(parts, ".") + "=", hubbub.CodeTokenInvalid},
		{"alg none", jwt(`{"alg":"none"}`, good, none), hubbub.CodeTokenInvalid},
		{"alg None", jwt(`{"alg":"None"}`, good, none), hubbub.CodeTokenInvalid},
		{"alg none, with a signature", jwt(`{"alg":"none"}`, good, sign), hubbub.CodeTokenInvalid},
		{"no alg", jwt(`{"typ":"JWT"}`, good, sign), hubbub.CodeTokenInvalid},
		{"an extension that has to be understood", jwt(`{"alg":"`+alg+`","crit":["exp"]}`, good, sign), hubbub.CodeTokenInvalid},
		{"words", "let-me-in", hubbub.CodeTokenInvalid},
		{"7 KiB of dots", strings.Repeat(".", 7<<10), hubbub.CodeTokenInvalid},
	}
}

// TestBadTokens holds servers of both kinds against tokens of every other kind,
// in CONNECT, in STOMP and over HTTP.
func TestBadTokens(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	good := claimsUntil(time.Hour)
	_, strange, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)

	t.Run("a key of its own", func(t *testing.T) {
		server := hub.Start(t, unlimited()...)
		key := keyOf(t, server)
		public := key.Public().(ed25519.PublicKey)
		must(t, takesToken(t, ctx, server, jwt(`{"alg":"EdDSA"}`, good, edDSA(key))))
		refuseTokens(t, ctx, server, append(badTokens("EdDSA", edDSA(key)),
			badToken{"another key", jwt(`{"alg":"EdDSA"}`, good, edDSA(strange)), hubbub.CodeTokenInvalid},
			badToken{"HS512 with the public key, which is no secret", jwt(`{"alg":"HS512"}`, good, mac(sha512.New, public)), hubbub.CodeTokenInvalid},
			badToken{"HS256 with the public key as published", jwt(`{"alg":"HS256"}`, good, mac(sha256.New, []byte(base64.RawURLEncoding.EncodeToString(public)))), hubbub.CodeTokenInvalid},
			badToken{"HS512 with an empty secret", jwt(`{"alg":"HS512"}`, good, mac(sha512.New, nil)), hubbub.CodeTokenInvalid},
			badToken{"a key that comes with it", jwt(`{"alg":"EdDSA","jwk":{"kty":"OKP","crv":"Ed25519","x":"`+
				base64.RawURLEncoding.EncodeToString(strange.Public().(ed25519.PublicKey))+`"}}`, good, edDSA(strange)), hubbub.CodeTokenInvalid},
		))
	})
	t.Run("a shared secret", func(t *testing.T) {
		server := hub.New(t, unlimited()...)
		server.Env = []string{"HUBBUB_JWT_SECRET=" + secret}
		must(t, server.Run())
		must(t, takesToken(t, ctx, server, hs512(good)))
		refuseTokens(t, ctx, server, append(badTokens("HS512", mac(sha512.New, []byte(secret))),
			badToken{"another secret", jwt(`{"alg":"HS512"}`, good, mac(sha512.New, []byte("guessed"))), hubbub.CodeTokenInvalid},
			badToken{"HS256 with the secret", jwt(`{"alg":"HS256"}`, good, mac(sha256.New, []byte(secret))), hubbub.CodeTokenInvalid},
			badToken{"HS384 with the secret", jwt(`{"alg":"HS384"}`, good, mac(sha512.New384, []byte(secret))), hubbub.CodeTokenInvalid},
			badToken{"HS512 in small letters", jwt(`{"alg":"hs512"}`, good, mac(sha512.New, []byte(secret))), hubbub.CodeTokenInvalid},
			badToken{"EdDSA", jwt(`{"alg":"EdDSA"}`, good, edDSA(strange)), hubbub.CodeTokenInvalid},
		))
	})
}

// takesToken opens a session and an account with a token.
func takesToken(t testing.TB, ctx context.Context, server *hub.Server, token string) error {
	for _, command := range []string{"CONNECT", "STOMP"} {
		if err := openWire(t, server, plainPath).connect(command, token); err != nil {
			return err
		}
	}
	response, text, err := ask(ctx, server, "GET", "/api/v1/users/me", "", "Authorization: Bearer "+token)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("its account is %s: %s", response.Status, text)
	}
	return err
}

func refuseTokens(t *testing.T, ctx context.Context, server *hub.Server, bads []badToken) {
	room := watch(t, ctx, server, "bad")
	c := answers{t: t}
	for _, bad := range bads {
		c.run(bad.name, func(t *testing.T) {
			for _, command := range []string{"CONNECT", "STOMP"} {
				w := openWire(t, server, plainPath)
				// What follows at once must not be taken for somebody's.
				must(t, w.say(command+"\naccept-version:1.2\nreceipt:c\nAuthorization:Bearer "+bad.token+"\n\n\x00"+
					"SEND\ndestination:/publish/bad\nreceipt:r\n\n{\"content\":\"x\"}\x00"))
				must(t, w.expectEnd(bad.want, "c"))
			}
			response, text, err := ask(ctx, server, "GET", "/api/v1/users/me", "", "Authorization: Bearer "+bad.token)
			must(t, err)
			if response.StatusCode != http.StatusUnauthorized || !strings.Contains(text, string(bad.want)) {
				t.Errorf("HTTP answers %s: %s", response.Status, text)
			}
			must(t, room.still(ctx))
		})
	}
	c.tried("forged, foreign and expired tokens")
	for _, scheme := range []string{"Basic YTpi", "Bearer", "Token x", "bearer:x"} {
		w := openWire(t, server, plainPath)
		must(t, w.say("CONNECT\naccept-version:1.2\nAuthorization:"+scheme+"\n\n\x00"))
		must(t, w.expectEnd(hubbub.CodeTokenInvalid, ""))
	}
}

// TestBadNobody comes without a token where one is needed.
func TestBadNobody(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t, "--anonymous=false", "--no-guests")
	for _, command := range []string{"CONNECT", "STOMP"} {
		for _, path := range []string{plainPath, sockjsPath} {
			w := openWire(t, server, path)
			must(t, w.say(command+"\naccept-version:1.2\n\n\x00"))
			must(t, w.expectEnd(hubbub.CodeTokenRequired, ""))
		}
	}
	_, err := server.Guest(ctx, "ada")
	if p := problemIn(err); p.Status != 403 || p.Code != hubbub.CodeGuestsOff {
		t.Errorf("a guest: %v", err)
	}
	must(t, takesToken(t, ctx, server, jwt(`{"alg":"EdDSA"}`, claimsUntil(time.Hour), edDSA(keyOf(t, server)))))
}
