package crashtest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What a process did before it said so is there, and each goes on where it is told
// to.
func TestKill(t *testing.T) {
	if dir, from, inside := Inside(t); inside {
		fmt.Println("from", from)
		for n := from; ; n++ {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(n)), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			fmt.Println("wrote", n)
		}
	}
	k := New(t)
	next, wrote := 1, 0
	for range Rounds(4) {
		k.Kill(next, 100, func(line string) bool {
			var n int
			if _, err := fmt.Sscanf(line, "from %d", &n); err == nil && n != next {
				t.Errorf("it went on from %d, want %d", n, next)
			}
			_, err := fmt.Sscanf(line, "wrote %d", &wrote)
			return err == nil
		})
		for n := 1; n <= wrote; n++ {
			if _, err := os.Stat(filepath.Join(k.Dir, fmt.Sprint(n))); err != nil {
				t.Error(err)
			}
		}
		next = wrote + 1
	}
}
