package analysis

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s:\n got %s\nwant %s", name, got, want)
	}
}

// sample is 400 messages over 100 s, with the given number of chatters.
func sample(chatters int) *Tally {
	var t Tally
	for i := range 400 {
		t.Add(Observation{
			Sender:   sender(i % chatters),
			Mood:     hubbub.Mood(i * i % hubbub.Moods),
			Time:     start.Add(time.Duration(i) * 250 * time.Millisecond),
			Position: hubbub.Position{Epoch: 3, N: 1000 + uint64(i)},
		})
	}
	return &t
}

// States are stored: a change of form needs a new version, not a new golden.
func TestStateIsStable(t *testing.T) {
	golden(t, "few.state.hex", hex.EncodeToString(sample(5).AppendState(nil))+"\n")
	golden(t, "many.state.hex", hex.EncodeToString(sample(300).AppendState(nil))+"\n")
}

func TestResultIsStable(t *testing.T) {
	p := Progress{
		Through: hubbub.Position{Epoch: 3, N: 1400}, ThroughTime: start.Add(100 * time.Second),
		End: hubbub.Position{Epoch: 3, N: 1410}, EndTime: start.Add(102500 * time.Millisecond),
	}
	result := sample(5).AppendResult(nil, "room-1", p, start.Add(2*time.Minute))
	if !json.Valid(result) {
		t.Error("the result is no JSON")
	}
	golden(t, "result.json", string(result)+"\n")

	empty := new(Tally).AppendResult(nil, "room-1", Progress{}, start)
	if !json.Valid(empty) {
		t.Errorf("the result of no message is no JSON: %s", empty)
	}
}

func TestSmallRoomsAreSmall(t *testing.T) {
	var quiet Tally
	for i := range 20 {
		quiet.Add(Observation{Sender: sender(i % 4), Time: start, Position: hubbub.Position{Epoch: 1, N: uint64(i)}})
	}
	if n := len(quiet.AppendState(nil)); n > 120 {
		t.Errorf("a quiet room takes %d bytes", n)
	}
	var hot Tally
	for i := range 50_000 {
		hot.Add(Observation{Sender: sender(i), Time: start.Add(time.Duration(i) * 2 * time.Millisecond)})
	}
	if n := len(hot.AppendState(nil)); n > 27<<10 {
		t.Errorf("a hot room takes %d bytes", n)
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := sample(5).AppendState(nil)
	for _, c := range []struct {
		why   string
		state []byte
		want  error
	}{
		{"nothing", nil, ErrState},
		{"a newer program wrote it", append([]byte{StateVersion + 1}, good[1:]...), ErrNewerState},
		{"cut off", good[:len(good)-1], ErrState},
		{"trailing bytes", append(bytes.Clone(good), 0), ErrState},
		{"a varint longer than it must be", append([]byte{StateVersion, 0x80, 0x00}, good[2:]...), ErrState},
		{"no registers after the mark of a dense sketch", append(append([]byte{StateVersion}, make([]byte, 9)...), fewChatters+1, 1), ErrState},
	} {
		if _, err := DecodeState(c.state); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.why, err, c.want)
		}
	}
}

func FuzzDecodeState(f *testing.F) {
	f.Add(new(Tally).AppendState(nil))
	f.Add(sample(5).AppendState(nil))
	f.Add(sample(300).AppendState(nil))
	f.Fuzz(func(t *testing.T, state []byte) {
		tally, err := DecodeState(state)
		if err != nil {
			return
		}
		if again := tally.AppendState(nil); !bytes.Equal(again, state) {
			t.Fatalf("read %x, written again %x", state, again)
		}
		tally.Merge(tally)
		tally.Add(Observation{Sender: 1, Time: start})
		if r := tally.AppendResult(nil, "1", Progress{}, start); !json.Valid(r) {
			t.Fatalf("no JSON: %s", r)
		}
	})
}
