package summary

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGoldens: believable windows and what is told of them, to be read by a person.
func TestGoldens(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no windows", err)
	}
	for _, file := range files {
		in := Input{Messages: script(t, file)}
		s := Of(in)
		checkAll(t, in, s)
		var b strings.Builder
		for _, sentence := range s.Sentences {
			fmt.Fprintf(&b, "%s [%s]\n", sentence.Text, strings.Join(sentence.MessageIDs, " "))
		}
		golden := strings.TrimSuffix(file, ".txt") + ".golden"
		if *update {
			if err := os.WriteFile(golden, []byte(b.String()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || string(want) != b.String() {
			t.Errorf("%s (%v): got\n%s", golden, err, b.String())
		}
	}
}

// script reads lines of mood, sender and text. The ID of a message is the number
// of its line in the file.
func script(t *testing.T, file string) (messages []Message) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 1, 2, 20, 0, 0, 0, time.UTC)
	for i, row := range strings.Split(strings.TrimSpace(string(content)), "\n") {
		fields := strings.SplitN(row, " ", 3)
		mood := strings.Index("pclqao", fields[0]) // as hubbub.Mood counts
		if mood < 0 {
			continue
		}
		messages = append(messages, Message{
			ID: fmt.Sprint(i + 1), Position: hubbub.Position{Epoch: 1, N: uint64(i + 1)}, Sender: hubbub.UserID(fields[1]),
			Text: fields[2], Mood: hubbub.Mood(mood), Time: start.Add(time.Duration(i) * 4 * time.Second),
		})
	}
	return messages
}
