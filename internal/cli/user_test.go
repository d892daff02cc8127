package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A served is a server on a data folder, run by its command line.
type served struct {
	url, claim string
	stop       func() (status int, stderr string)
}

// serve runs a server until stop, or the end of the test.
func serve(t *testing.T, dir string) *served {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	said, ended := make(chan string, 1), make(chan int, 1)
	var errs bytes.Buffer
	env := &Env{Context: ctx, Stdout: writerFunc(func(p []byte) (int, error) { said <- string(p); return len(p), nil }), Stderr: &errs, Getenv: os.Getenv}
	go func() {
		ended <- Run(env, []string{"serve", "--listen=127.0.0.1:0", "--data", dir, "--log-level=warn"})
	}()
	s := &served{stop: func() (int, string) { cancel(); status := <-ended; ended <- status; return status, errs.String() }}
	t.Cleanup(func() { s.stop() })
	select {
	case text := <-said:
		first, second, _ := strings.Cut(text, "\n")
		s.url = strings.TrimPrefix(first, "hubbub is ready: ")
		_, s.claim, _ = strings.Cut(strings.TrimSpace(second), "#")
	case <-time.After(30 * time.Second):
		t.Fatal("it is not ready")
	}
	return s
}

// post asks the server, and decodes the answer into out, if there is one.
func post(t *testing.T, url, body string, out any) (status int) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
	}
	return res.StatusCode
}

// code is the part of a printed link that the page sends.
func code(t *testing.T, stdout, site string) string {
	t.Helper()
	code, ok := strings.CutPrefix(strings.TrimSuffix(stdout, "\n"), site+"/reset#")
	if !ok || len(code) != 26 {
		t.Fatalf("no link: %q", stdout)
	}
	return code
}

// TestUsersWhileTheServerRuns: what an operator changes in the folder, the server
// sees, and the other way round.
func TestUsersWhileTheServerRuns(t *testing.T) {
	bare(t)
	dir := filepath.Join(t.TempDir(), "data")
	s := serve(t, dir)
	data := "--data=" + dir
	good := func(args ...string) string {
		t.Helper()
		status, stdout, stderr := run(t, append(append([]string{"user"}, args...), data)...)
		if status != 0 || stderr != "" {
			t.Fatalf("%q: status %d, %q", args, status, stderr)
		}
		return stdout
	}
	type signedIn struct {
		User struct {
			Name, Username string
			Roles          []string
		}
	}
	link := code(t, good("add", "Mina", "--name=미나", "--public-url=https://chat.example/"), "https://chat.example")
	var in signedIn
	if status := post(t, s.url+"/api/v1/users/reset", `{"code":"`+link+`","password":"correct horse"}`, &in); status != 200 || in.User.Name != "미나" || len(in.User.Roles) != 0 {
		t.Errorf("%d %+v", status, in)
	}
	link = code(t, good("passwd", "mina"), "http://127.0.0.1:8080")
	if status := post(t, s.url+"/api/v1/users/reset", `{"code":"`+link+`","password":"another horse"}`, nil); status != 200 {
		t.Errorf("%d", status)
	}
	if status := post(t, s.url+"/api/v1/users/login", `{"username":"mina","password":"correct horse"}`, nil); status != 401 {
		t.Errorf("the password before: %d", status)
	}
	if s.claim == "" {
		t.Fatal("there is no claim")
	}
	good("role", "mina", "admin")
	if status := post(t, s.url+"/api/v1/users/claim", `{"code":"`+s.claim+`","username":"jun","password":"correct horse"}`, nil); status != 400 {
		t.Errorf("claimed although there is an admin: %d", status)
	}
	if status := post(t, s.url+"/api/v1/users/login", `{"username":"mina","password":"another horse"}`, &in); status != 200 || len(in.User.Roles) != 1 || in.User.Roles[0] != "admin" {
		t.Errorf("%d %+v", status, in)
	}
	if status := post(t, s.url+"/api/v1/users/signup", `{"username":"troll","password":"correct horse"}`, nil); status != 200 {
		t.Errorf("%d", status)
	}
	lines := strings.Split(good("list"), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "USERNAME") || !strings.HasPrefix(lines[1], "troll ") || !strings.Contains(lines[2], " admin ") {
		t.Errorf("%q", lines)
	}
	if out := good("list", "TROLL"); strings.Contains(out, "mina") || !strings.Contains(out, "troll") {
		t.Errorf("%q", out)
	}
	if status, stderr := s.stop(); status != 0 {
		t.Fatalf("%d %q", status, stderr)
	}

	// The next start has a claim again once there is no admin.
	if s := serve(t, dir); s.claim != "" {
		t.Errorf("there is an admin, and a claim: %q", s.claim)
	} else if status, stderr := s.stop(); status != 0 {
		t.Fatalf("%d %q", status, stderr)
	}
	good("role", "mina", "none")
	s = serve(t, dir)
	if status := post(t, s.url+"/api/v1/users/claim", `{"code":"`+s.claim+`","username":"jun","password":"correct horse"}`, &in); status != 200 || in.User.Username != "jun" || len(in.User.Roles) != 1 {
		t.Errorf("%d %+v", status, in)
	}
}

func TestUserRefusals(t *testing.T) {
	bare(t)
	dir := filepath.Join(t.TempDir(), "data")
	s := serve(t, dir)
	if status, stderr := s.stop(); status != 0 {
		t.Fatalf("%d %q", status, stderr)
	}
	if status, _, stderr := run(t, "user", "add", "mina", "--data", dir); status != 0 {
		t.Fatal(stderr)
	}
	for _, row := range []struct {
		why    string
		args   []string
		status int
		says   string
	}{
		{"nobody", []string{"add"}, 2, "username"},
		{"twice", []string{"add", "MINA"}, 1, "username_taken"},
		{"a name that is taken", []string{"add", "jun", "--name=Mina"}, 1, "name_taken"},
		{"no username", []string{"add", "가나다"}, 1, "username_invalid"},
		{"a link for nobody", []string{"passwd", "nobody"}, 1, "user_not_found"},
		{"a role for nobody", []string{"role", "nobody", "admin"}, 1, "user_not_found"},
		{"no role", []string{"role", "mina"}, 2, "role"},
		{"a role that is none", []string{"role", "mina", "owner"}, 2, "owner"},
		{"a folder that is not there", []string{"list", "--data", filepath.Join(dir, "nowhere")}, 1, "nowhere"},
		{"a folder of something else", []string{"list", "--data", t.TempDir()}, 1, "--data"},
	} {
		t.Run(row.why, func(t *testing.T) {
			args := append([]string{"user"}, row.args...)
			if !strings.Contains(strings.Join(args, " "), "--data") {
				args = append(args, "--data", dir)
			}
			status, stdout, stderr := run(t, args...)
			if status != row.status || stdout != "" || !strings.Contains(stderr, row.says) {
				t.Errorf("status %d, %q, %q; want %d and %q", status, stdout, stderr, row.status, row.says)
			}
		})
	}
	if _, err := os.Stat(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("a command made a folder")
	}
}
