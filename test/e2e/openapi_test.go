package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub/test/clients"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// TestOpenAPI drives every route with what its description in the OpenAPI document
// says, and with what it does not: wrong, missing and huge values of every field.
// Nothing may be answered with a 5xx or with something that the document does not
// describe.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, role, without string }{
		{"Anonymous", "", `subscribe$`},
		// Who erases themselves is a stranger afterwards, and a deleted stream hides the rest.
		{"Admin", "admin", `subscribe$|users/me$`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute) // 20 s of a core, which it may have to share
			defer cancel()
			server := hub.Start(t, "--demo")
			args := []string{
				filepath.Join(os.Getenv("HUBBUB_CLIENTS"), "python", "bin", "schemathesis"), "run", server.URL() + "/openapi.json",
				"--no-color", "--seed", "1", "--max-examples", "5", "--phases", "coverage,fuzzing", "--suppress-health-check", "all",
				"--checks", "not_a_server_error,content_type_conformance,response_schema_conformance,missing_required_header",
				"--exclude-path-regex", test.without,
			}
			if test.role != "" {
				mint := program{args: []string{"token", "--data", server.Data, "--user", "boss", "--role", test.role, "--ttl", "1h"}}
				if mint.run(t, ctx); mint.status != 0 {
					t.Fatal(mint.stderr)
				}
				args = append(args, "-H", "Authorization: Bearer "+strings.TrimSpace(mint.stdout))
			}
			command := exec.CommandContext(ctx, clients.Python(t), args...)
			folder := t.TempDir()
			must(t, os.WriteFile(filepath.Join(folder, "schemathesis.toml"), []byte(openAPIConfig), 0o600))
			command.Dir = folder
			command.Env = append(os.Environ(), "PYTHONPATH="+filepath.Join(os.Getenv("HUBBUB_CLIENTS"), "python"), "NO_PROXY=127.0.0.1")
			said, err := command.CombinedOutput()
			if err != nil || !openAPIDone.Match(said) {
				t.Errorf("%v\n%s", err, said)
			}
			if log := server.Log(); strings.Contains(log, "level=ERROR") {
				t.Error("a request made the server log an error")
			}
		})
	}
}

// openAPIDone is in the summary of a run that tried something.
var openAPIDone = regexp.MustCompile(`[1-9][0-9]{2,} generated, [0-9]+ passed`)

// Streams are looked for under ids that there are.
const openAPIConfig = `
[[operations]]
include-path-regex = "/streams/\\{id\\}"
parameters = { "path.id" = "1" }
`
