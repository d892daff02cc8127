package hostwire_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/hubbub-live/hubbub/internal/analysis/hostwire"
)

var update = flag.Bool("update", false, "write the golden vectors anew")

// vectors are a message of each kind; Java reads and writes the same ones.
var vectors = map[string]hostwire.Message{
	"greeting":     &hostwire.Greeting{Protocol: 1},
	"introduction": &hostwire.Introduction{Protocol: 1, Program: "v1.2.3 굴러", State: 4, SelfTest: [32]byte{1, 2, 31: 0xff}},
	"batch": &hostwire.Batch{Records: []hostwire.Record{
		{Partition: 7, Offset: 1 << 40, Time: 1_735_689_600_000, Key: []byte("room-1"), Headers: []hostwire.Header{{Key: "v", Value: []byte("1")}, {Key: "kind", Value: []byte("control")}}, Value: []byte(`{"id":"1","content":"ㅋㅋ"}`)},
		{Key: []byte{}, Value: []byte{0, 0xff}},
	}},
	"tallies": &hostwire.Tallies{Skipped: 3, Foreign: 1, Partials: []hostwire.Partial{
		{Key: []byte("방"), Partition: 3, Last: 41, Messages: 2, Tally: []byte{4, 1, 2}}, {Key: []byte("b"), Last: -1, Tally: []byte{}},
	}},
	"merging": &hostwire.Merging{Rooms: []hostwire.Room{{
		Key: []byte("방"), State: []byte{1, 9}, Progress: hostwire.Progress{Through: 41, ThroughTime: 5, End: 44, EndTime: 6, Now: 7}, Partials: [][]byte{{4, 1, 2}, {}},
	}}},
	"merger": &hostwire.Merger{Outcomes: []hostwire.Outcome{{
		State: []byte{1, 10}, Outputs: []hostwire.Output{{Topic: hostwire.AnalysisResult, Value: []byte(`{"age":0}`)}, {Topic: hostwire.SummaryRequests, Value: []byte(`{}`)}}, Due: 12,
	}}},
	"window":  &hostwire.Window{Value: []byte(`{"messages":[]}`)},
	"summing": &hostwire.Summing{Value: []byte(`{"sentences":[]}`)},
	"failure": &hostwire.Failure{Code: "host_state_newer", Sentence: "쓰인 상태가 더 새것이다"},
}

func TestVectors(t *testing.T) {
	for name, m := range vectors {
		path := filepath.Join("testdata", name+".hex")
		frame, err := hostwire.Append(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(path, []byte(hex.EncodeToString(frame)+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		golden, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(frame); got != strings.TrimSpace(string(golden)) {
			t.Errorf("%s is written as %s", name, got)
		}
		kind, body, err := hostwire.NewReader(bytes.NewReader(frame)).Next()
		read := reflect.New(reflect.TypeOf(m).Elem()).Interface().(hostwire.Message)
		if err = errors.Join(err, hostwire.Read(body, read)); err != nil || kind != m.Kind() {
			t.Fatalf("%s: %c, %v", name, kind, err)
		}
		if again, err := hostwire.Append(nil, read); err != nil || !bytes.Equal(again, frame) {
			t.Errorf("%s is read as %+v, %v", name, read, err)
		}
	}
}

func TestTornAndHuge(t *testing.T) {
	whole, err := hostwire.Append(nil, vectors["batch"])
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) {
		_, _, err := hostwire.NewReader(bytes.NewReader(whole[:cut])).Next()
		want := io.ErrUnexpectedEOF
		if cut == 0 {
			want = io.EOF
		}
		if !errors.Is(err, want) {
			t.Errorf("cut after %d: %v", cut, err)
		}
	}
	for _, c := range []struct {
		why  string
		in   []byte
		want error
	}{
		{"no kind", []byte{0, 0, 0, 0}, hostwire.ErrFrame},
		{"4 GiB", []byte{0xff, 0xff, 0xff, 0xff, 'T'}, hostwire.ErrTooLarge},
		{"a page of HTML", []byte("<html>"), hostwire.ErrTooLarge},
	} {
		if _, _, err := hostwire.NewReader(bytes.NewReader(c.in)).Next(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.why, err)
		}
	}
	if _, err := hostwire.Append(nil, &hostwire.Window{Value: make([]byte, hostwire.MaxFrame)}); !errors.Is(err, hostwire.ErrTooLarge) {
		t.Errorf("a window of 16 MiB: %v", err)
	}
}

// FuzzRead: whatever comes is refused or is read as what writes the same octets.
func FuzzRead(f *testing.F) {
	for _, m := range vectors {
		frame, err := hostwire.Append(nil, m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(frame)
	}
	kinds := map[hostwire.Kind]func() hostwire.Message{}
	for _, m := range vectors {
		of := reflect.TypeOf(m).Elem()
		kinds[m.Kind()] = func() hostwire.Message { return reflect.New(of).Interface().(hostwire.Message) }
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		kind, body, err := hostwire.NewReader(bytes.NewReader(in)).Next()
		made, known := kinds[kind]
		if err != nil || !known {
			return
		}
		m := made()
		if hostwire.Read(body, m) != nil {
			return
		}
		if again, err := hostwire.Append(nil, m); err != nil || !bytes.Equal(again[5:], body) {
			t.Fatalf("%q is read as %+v and written as %q, %v", body, m, again, err)
		}
	})
}
