package e2e

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// command runs a command of the binary on the server's data folder, and returns
// what it prints.
func command(t testing.TB, ctx context.Context, server *hub.Server, args ...string) string {
	t.Helper()
	p := program{args: append(args, server.Site()...)}
	p.run(t, ctx)
	if p.status != 0 {
		t.Fatalf("hubbub %q: exit %d: %s", p.args, p.status, p.stderr)
	}
	return p.stdout
}

// operated makes an account as an operator does while the server runs, and signs
// in by the link.
func operated(t testing.TB, ctx context.Context, server *hub.Server, args ...string) member {
	t.Helper()
	_, link, ok := strings.Cut(strings.TrimSpace(command(t, ctx, server, append([]string{"user", "add"}, args...)...)), "/reset#")
	if !ok {
		t.Fatal("no link was printed")
	}
	m := member{server: server}
	must(t, server.Call(ctx, http.MethodPost, "/api/v1/users/reset", map[string]string{"code": link, "password": password}, &m))
	return m
}

// TestSiteBan: an admin's ban ends the session of a viewer who chats, keeps them out
// by every door, through a kill too, and lets them in again when it is lifted.
func TestSiteBan(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t, unlimited()...)
	admin := operated(t, ctx, server, "mina", "--admin")
	troll, err := signUp(ctx, server, "troll")
	must(t, err)
	conn, err := server.Dial(ctx, client.Options{Token: troll.AccessToken})
	must(t, err)
	defer conn.Close()
	_, err = conn.Send(ctx, client.Post{Stream: "1", Content: "before"})
	must(t, err)

	path := "/api/v1/users/" + string(troll.User.ID) + "/ban"
	must(t, admin.call(ctx, http.MethodPost, path, `{"reason":"spam"}`, nil))
	must(t, endOf(conn, hubbub.CodeBanned))
	out := func(when string) {
		t.Helper()
		if c, err := server.Dial(ctx, client.Options{Token: troll.AccessToken}); refusal(err) != hubbub.CodeBanned {
			t.Errorf("%s: connects: %v", when, err)
			if err == nil {
				c.Close()
			}
		}
		_, login := logIn(ctx, server, "troll")
		reissue := server.Call(ctx, http.MethodPost, "/api/v1/users/reissue", map[string]string{"refreshToken": troll.RefreshToken}, nil)
		me := troll.call(ctx, http.MethodGet, "/api/v1/users/me", "", nil)
		for what, err := range map[string]error{"logs in": login, "reissues": reissue, "asks who they are": me} {
			if code(err) != hubbub.CodeBanned {
				t.Errorf("%s: %s: %v", when, what, err)
			}
		}
	}
	out("at once")
	must(t, server.Kill())
	must(t, server.Run())
	out("after a kill")

	must(t, admin.call(ctx, http.MethodDelete, path, "", nil))
	must(t, server.Call(ctx, http.MethodPost, "/api/v1/users/reissue", map[string]string{"refreshToken": troll.RefreshToken}, &troll))
	again, err := server.Dial(ctx, client.Options{Token: troll.AccessToken})
	must(t, err)
	defer again.Close()
	_, err = again.Send(ctx, client.Post{Stream: "1", Content: "after"})
	must(t, err)
}

// TestRolesByAnOperator: what a command changes in the folder, a running server
// keeps to within 10 s.
func TestRolesByAnOperator(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t, unlimited()...)
	mina := operated(t, ctx, server, "mina")
	list := func(m member) error { return m.call(ctx, http.MethodGet, "/api/v1/users", "", nil) }
	if err := list(mina); code(err) != hubbub.CodeForbidden {
		t.Errorf("before: %v", err)
	}
	conn, err := server.Dial(ctx, client.Options{Token: mina.AccessToken})
	must(t, err)
	defer conn.Close()
	command(t, ctx, server, "user", "role", "mina", "admin")
	must(t, endOf(conn, hubbub.CodeSessionExpired)) // it has the roles of before
	must(t, server.Call(ctx, http.MethodPost, "/api/v1/users/reissue", map[string]string{"refreshToken": mina.RefreshToken}, &mina))
	must(t, list(mina))
	if table := command(t, ctx, server, "user", "list"); !strings.Contains(table, "admin") {
		t.Errorf("listed as\n%s", table)
	}
}
