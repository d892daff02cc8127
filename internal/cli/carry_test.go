package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCarryCommands: what cannot be meant is status 2, what cannot be done status 1,
// and neither makes anything.
func TestCarryCommands(t *testing.T) {
	bare(t)
	dir := t.TempDir()
	nothing := filepath.Join(dir, "nothing")
	file := write(t, "site.jsonl", "{\"hello\":\"world\"}\n")
	for _, row := range []struct {
		why    string
		args   []string
		status int
		says   string
	}{
		{"an export to nowhere", []string{"export", "--data", nothing}, 2, "--out"},
		{"an export of nothing", []string{"export", "--data", nothing, "--out", filepath.Join(dir, "x")}, 1, "no data folder"},
		{"an import of no file", []string{"import", "--data", nothing}, 2, "file"},
		{"an import into nowhere", []string{"import", file}, 2, "--data"},
		{"an import of what is none", []string{"import", "--data", nothing, file}, 1, "damaged"},
		{"an import of a file that is not there", []string{"import", "--data", nothing, nothing}, 1, nothing},
		{"a backup to nowhere", []string{"backup", "--data", nothing}, 2, "--out"},
		{"a backup of nothing", []string{"backup", "--data", nothing, "--out", filepath.Join(dir, "y")}, 1, "no data folder"},
		{"a stream without a title", []string{"stream", "create"}, 2, "title"},
		{"a stream in nothing", []string{"stream", "create", "--data", nothing, "Title"}, 1, "no data folder"},
		{"an unknown status", []string{"stream", "list", "--status=gone"}, 2, "status"},
		{"no command for a stream", []string{"stream"}, 2, "create"},
		{"no command for the configuration", []string{"config"}, 2, "print"},
		{"a bad configuration", []string{"config", "check", "--message-rate=-1"}, 2, "--message-rate"},
		{"a bad configuration, printed", []string{"config", "print", "--roles=chef"}, 2, "chef"},
	} {
		t.Run(row.why, func(t *testing.T) {
			status, stdout, stderr := run(t, row.args...)
			if status != row.status || stdout != "" || !strings.HasPrefix(stderr, "hubbub: ") || !strings.Contains(stderr, row.says) {
				t.Errorf("status %d, stdout %q, stderr %q; want %d and %q", status, stdout, stderr, row.status, row.says)
			}
		})
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestConfigHoldsItsTongue: secrets are said to be there, however they came.
func TestConfigHoldsItsTongue(t *testing.T) {
	bare(t)
	const secret = "a secret of more than 32 characters"
	t.Setenv("HUBBUB_JWT_SECRET_FILE", write(t, "secret", secret+"\n"))
	t.Setenv("HUBBUB_OIDC_CLIENT_SECRET", secret)
	status, stdout, stderr := run(t, "config", "print", "--oidc-issuer=https://a.example", "--oidc-client-id=x", "--public-url=https://b.example")
	if status != 0 || stderr != "" || strings.Contains(stdout, secret) ||
		!strings.Contains(stdout, "# jwt-secret is set") || !strings.Contains(stdout, "# oidc-client-secret is set") {
		t.Errorf("status %d, %q: %s", status, stderr, stdout)
	}
	if status, stdout, _ := run(t, "config", "check"); status != 0 || stdout != "the configuration is good\n" {
		t.Errorf("status %d: %s", status, stdout)
	}
}
