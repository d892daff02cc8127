package httpapi

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/token"
)

const tokensPath = "/api/v1/users/me/tokens"

func TestBotTokens(t *testing.T) {
	s := newSite(t, nil)
	mina := s.signUp("mina")
	a := s.do(request{path: tokensPath, body: `{"name":" My bot ","scopes":["send","read"],"days":7}`, token: mina.AccessToken})
	shape := regexp.MustCompile(`^{"id":"bot-[a-z2-7]{26}","name":"My bot","scopes":\["read","send"\],"createdAt":"[^"]+","expiresAt":"[^"]+","token":"[^"]+"}\s*$`)
	if a.StatusCode != http.StatusCreated || !shape.MatchString(a.body) || a.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%s %v %s", a.Status, a.Header, a.body)
	}
	raw := regexp.MustCompile(`"token":"([^"]+)"`).FindStringSubmatch(a.body)[1]
	id, err := s.keys.Verify(raw)
	if err != nil || id.User != mina.User.ID || !slices.Equal(id.Scopes, []string{"read", "send"}) || time.Until(id.Expires) > 7*24*time.Hour {
		t.Errorf("the token says %+v, %v", id, err)
	}
	list := get[BotTokens](s, request{path: tokensPath, token: mina.AccessToken})
	if len(list.Tokens) != 1 || list.Tokens[0].ID != id.ID || list.Tokens[0].LastUsedAt != "" {
		t.Errorf("%+v", list)
	}
	if body := s.do(request{path: tokensPath, token: mina.AccessToken}).body; strings.Contains(body, raw) || strings.Contains(body, `"token"`) {
		t.Errorf("the token is shown again: %s", body)
	}

	jun := s.signUp("jun")
	s.wantRefused("somebody else's", hubbub.CodeNotFound, request{method: "DELETE", path: tokensPath + "/" + id.ID, token: jun.AccessToken})
	if a := s.do(request{method: "DELETE", path: tokensPath + "/" + id.ID, token: mina.AccessToken}); a.StatusCode != http.StatusNoContent || a.body != "" {
		t.Errorf("revoke: %s %s", a.Status, a.body)
	}
	if user := <-s.signed; user != mina.User.ID {
		t.Errorf("sessions of %s end", user)
	}
	s.wantRefused("again", hubbub.CodeNotFound, request{method: "DELETE", path: tokensPath + "/" + id.ID, token: mina.AccessToken})
	if list := s.do(request{path: tokensPath, token: mina.AccessToken}).body; strings.TrimSpace(list) != `{"tokens":[]}` {
		t.Errorf("left: %s", list)
	}
}

func TestBotTokenRefusals(t *testing.T) {
	s := newSite(t, nil)
	mina, guest := s.signUp("mina"), s.guest("Jun")
	good := `{"name":"bot","scopes":["read"]}`
	for _, row := range []struct {
		why  string
		code hubbub.Code
		request
	}{
		{"nobody lists", hubbub.CodeTokenRequired, request{path: tokensPath}},
		{"nobody makes one", hubbub.CodeTokenRequired, request{path: tokensPath, body: good}},
		{"nobody revokes", hubbub.CodeTokenRequired, request{method: "DELETE", path: tokensPath + "/x"}},
		{"nobody is erased", hubbub.CodeTokenRequired, request{method: "DELETE", path: "/api/v1/users/me"}},
		{"guests have none", hubbub.CodeAccountsOnly, request{path: tokensPath, token: guest.AccessToken}},
		{"guests make none", hubbub.CodeAccountsOnly, request{path: tokensPath, body: good, token: guest.AccessToken}},
		{"nor do others", hubbub.CodeAccountsOnly, request{path: tokensPath, body: good, token: s.token("elsewhere-7")}},
		{"without a name", hubbub.CodeBodyInvalid, request{path: tokensPath, body: `{"scopes":["read"]}`, token: mina.AccessToken}},
		{"an empty name", hubbub.CodeBadRequest, request{path: tokensPath, body: `{"name":"","scopes":["read"]}`, token: mina.AccessToken}},
		{"without scopes", hubbub.CodeBodyInvalid, request{path: tokensPath, body: `{"name":"bot"}`, token: mina.AccessToken}},
		{"no scopes", hubbub.CodeBadRequest, request{path: tokensPath, body: `{"name":"bot","scopes":[]}`, token: mina.AccessToken}},
		{"a scope there is not", hubbub.CodeBadRequest, request{path: tokensPath, body: `{"name":"bot","scopes":["admin"]}`, token: mina.AccessToken}},
		{"scopes in a string", hubbub.CodeBodyInvalid, request{path: tokensPath, body: `{"name":"bot","scopes":"read"}`, token: mina.AccessToken}},
		{"too many scopes", hubbub.CodeBodyInvalid, request{path: tokensPath, body: `{"name":"bot","scopes":["read"` + strings.Repeat(`,"read"`, 9) + `]}`, token: mina.AccessToken}},
		{"no days", hubbub.CodeBodyInvalid, request{path: tokensPath, body: `{"name":"bot","scopes":["read"],"days":0}`, token: mina.AccessToken}},
		{"too many days", hubbub.CodeBodyInvalid, request{path: tokensPath, body: `{"name":"bot","scopes":["read"],"days":366}`, token: mina.AccessToken}},
		{"an id that is a path", hubbub.CodeNotFound, request{method: "DELETE", path: tokensPath + "/..%2F..%2Fme", token: mina.AccessToken}},
	} {
		s.wantRefused(row.why, row.code, row.request)
	}
	for range account.MaxBots {
		if a := s.do(request{path: tokensPath, body: good, token: mina.AccessToken}); a.StatusCode != http.StatusCreated {
			t.Fatalf("%s %s", a.Status, a.body)
		}
	}
	s.wantRefused("one too many", hubbub.CodeTooManyTokens, request{path: tokensPath, body: good, token: mina.AccessToken})
}

// TestAccountsAreClosedToBots: whatever is below users and needs a token, a scope is
// not enough for it.
func TestAccountsAreClosedToBots(t *testing.T) {
	s := newSite(t, nil)
	mina := s.admin("mina")
	raw, err := s.keys.Mint(token.Identity{
		User: mina.User.ID, Roles: []string{hubbub.RoleAdmin}, Scopes: []string{token.ScopeRead, token.ScopeSend, token.ScopeModerate},
	}, time.Minute)
	s.must(err)
	doc := get[openAPI](s, request{path: "/openapi.json"})
	asked := 0
	for path, item := range doc.Paths {
		for method, op := range item {
			if !strings.HasPrefix(path, "/api/v1/users") || len(op.Security) == 0 || len(op.Security[0]) == 0 {
				continue
			}
			body := ""
			if op.RequestBody != nil {
				body = `{"name":"x","scopes":["read"],"currentPassword":"correct horse","newPassword":"battery staple","admin":true,"reason":"x","password":"x"}`
			}
			asked++
			s.wantRefused(method+" "+path, hubbub.CodeScopeMissing, request{
				method: strings.ToUpper(method), path: strings.ReplaceAll(path, "{id}", "u-x"), body: body, token: raw,
			})
		}
	}
	if asked < 10 {
		t.Errorf("%d routes were asked", asked)
	}
}

func TestEraseMe(t *testing.T) {
	s := newSite(t, nil)
	mina, guest := s.signUp("mina"), s.guest("Jun")
	me := "/api/v1/users/me"
	s.wantRefused("without the password", hubbub.CodeCredentialsInvalid, request{method: "DELETE", path: me, token: mina.AccessToken})
	s.wantRefused("with a wrong one", hubbub.CodeCredentialsInvalid, request{method: "DELETE", path: me, body: `{"password":"x"}`, token: mina.AccessToken})
	s.wantRefused("with one that is none", hubbub.CodeBodyInvalid, request{method: "DELETE", path: me, body: `{"password":7}`, token: mina.AccessToken})
	for who, r := range map[string]request{
		"an account": {method: "DELETE", path: me, body: fmt.Sprintf(`{"password":%q}`, secret), token: mina.AccessToken},
		"a guest":    {method: "DELETE", path: me, token: guest.AccessToken},
	} {
		if a := s.do(r); a.StatusCode != http.StatusNoContent || a.body != "" {
			t.Errorf("%s: %s %s", who, a.Status, a.body)
		}
		<-s.signed
	}
	s.wantRefused("afterwards", hubbub.CodeCredentialsInvalid, request{path: "/api/v1/users/login", body: credentials("mina", secret)})
	s.signUp("mina") // the name is free
}
