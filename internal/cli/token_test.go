package cli

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/token"
)

func TestTokenOfTheFolder(t *testing.T) {
	bare(t)
	dir := t.TempDir()
	if status, _, stderr := run(t, "token", "--user=u", "--data", dir); status != 1 || !strings.Contains(stderr, dir) {
		t.Errorf("without a key: %d %q", status, stderr)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) != 0 {
		t.Errorf("it made %q (%v)", left, err)
	}
	keys, err := token.Open(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	before := time.Now()
	status, stdout, stderr := run(t, "token", "--user=u-7", "--name=Mina", "--role=admin,guest", "--ttl=1h", "--data", dir)
	who, err := keys.Verify(strings.TrimSpace(stdout))
	if status != 0 || stderr != "" || err != nil {
		t.Fatalf("status %d, %q, %v", status, stderr, err)
	}
	if who.User != "u-7" || who.Name != "Mina" || !slices.Equal(who.Roles, []string{"admin", "guest"}) {
		t.Errorf("%+v", who)
	}
	if ttl := who.Expires.Sub(before); ttl < 59*time.Minute || ttl > 61*time.Minute {
		t.Errorf("good for %v", ttl)
	}
}

func TestManyTokensOfASecret(t *testing.T) {
	bare(t)
	secret := strings.Repeat("s", 64)
	t.Setenv("HUBBUB_JWT_SECRET", secret)
	keys, err := token.FromSecret([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	before := time.Now()
	status, stdout, stderr := run(t, "token", "--user=load", "--count=3", "--data=/nowhere")
	lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
	if status != 0 || stderr != "" || len(lines) != 3 {
		t.Fatalf("status %d, %q, %q", status, stdout, stderr)
	}
	for i, line := range lines {
		who, err := keys.Verify(line)
		want := hubbub.UserID(fmt.Sprint("load-", i+1))
		if err != nil || who.User != want || who.Name != string(want) || len(who.Roles) != 0 {
			t.Errorf("line %d: %+v, %v", i, who, err)
		}
		if ttl := who.Expires.Sub(before); ttl < 14*time.Minute || ttl > 16*time.Minute {
			t.Errorf("good for %v", ttl)
		}
	}
}

func TestTokensThatCannotBe(t *testing.T) {
	bare(t)
	t.Setenv("HUBBUB_JWT_SECRET", "x")
	for why, args := range map[string][]string{
		"no time":           {"--user=u", "--ttl=0s"},
		"a time before now": {"--user=u", "--ttl=-1m"},
		"none":              {"--user=u", "--count=0"},
		"nobody":            {"--user="},
		"an unprintable id": {"--user=a\nb"},
		"a long id":         {"--user=" + strings.Repeat("x", 129)},
	} {
		if status, stdout, stderr := run(t, append([]string{"token"}, args...)...); status == 0 || stdout != "" || stderr == "" {
			t.Errorf("%s: status %d, %q, %q", why, status, stdout, stderr)
		}
	}
}
