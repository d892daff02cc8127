package deployment

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hubbub-live/hubbub/cluster"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The command lines of all processes, as they were.
func TestCommandLines(t *testing.T) {
	p := program{
		options: Options{Dir: "/cluster", Listen: "127.0.0.1:8080", Hubbub: "/bin/hubbub", Prefix: "a_", Chat: 2, Relay: 2},
		engines: []string{"--kafka", "127.0.0.1:1,127.0.0.1:2", "--mysql", "root@tcp(127.0.0.1:3)/hubbub"},
		secret:  "hush",
		shared:  "127.0.0.1:4",
	}
	all, targets, err := p.roles(&ports{kept: map[string][]int{}})
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for i, process := range append([]*cluster.Process{p.migrate()}, all...) {
		line := process.Path + " " + strings.Join(process.Args, " ")
		if i > 0 {
			if process.Ports[0] != targets[i-1].Port || process.Name != targets[i-1].Name {
				t.Errorf("%s listens on %v, and %+v is read", process.Name, process.Ports, targets[i-1])
			}
			line = strings.Replace(line, process.Args[2], "127.0.0.1:PORT", 1)
		}
		got.WriteString(process.Dir + ": " + line + "\n")
		if strings.Contains(line, "hush") || process.Env[0] != "HUBBUB_JWT_SECRET=hush" {
			t.Errorf("the secret of %s is where all see it: %s %v", process.Name, line, process.Env)
		}
	}
	path := filepath.Join("testdata", "commands.txt")
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("it is now\n%s", got.String())
	}
}

// A secret is made once, and is its owner's.
func TestSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	first, err := secret(path)
	if err != nil || len(first) < 64 {
		t.Fatalf("made %q, %v", first, err)
	}
	if again, err := secret(path); err != nil || again != first {
		t.Errorf("then it is %q, %v", again, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("its file is %v, %v", info, err)
	}
}
