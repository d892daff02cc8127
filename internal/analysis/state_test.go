package analysis

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
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

// chat is 400 messages with words in 100 s.
func chat(chatters int) *Tally {
	var t Tally
	for i := range 400 {
		t.Add(Observation{
			Sender: sender(i * 7919 % chatters), Mood: hubbub.Other, Time: start.Add(time.Duration(i) * 250 * time.Millisecond),
			Text: fmt.Sprintf("Goal no. %d, 골 🔥🔥", i%9), Position: hubbub.Position{Epoch: 3, N: 1000 + uint64(i)}, ID: messageID(i),
		})
		if i == 200 {
			t.Settle()
		}
	}
	return &t
}

// reversed returns two usages in the wrong order.
func reversed(a, b usage) []usage {
	if a.before(&b) {
		a, b = b, a
	}
	return []usage{a, b}
}

// States are stored: a change of form needs a new version, not a new golden.
func TestStateIsStable(t *testing.T) {
	golden(t, "few.v4.state.hex", hex.EncodeToString(sample(5).AppendState(nil))+"\n")
	golden(t, "many.v4.state.hex", hex.EncodeToString(sample(300).AppendState(nil))+"\n")
	golden(t, "talk.v4.state.hex", hex.EncodeToString(chat(200).AppendState(nil))+"\n")
}

// oldState is a state of an older version, of sample.
func oldState(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	state, err := hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// An older state is read as a newer one of the same messages without words or
// weighing; that without minutes as one whose closed minutes are taken out.
func TestOlderStatesAreRead(t *testing.T) {
	for name, want := range map[string]*Tally{
		"few.v1.state.hex": sample(5), "many.v1.state.hex": sample(300), "few.v2.state.hex": sample(5), "many.v2.state.hex": sample(300),
		"few.v3.state.hex": sample(5), "many.v3.state.hex": sample(300), "talk.v3.state.hex": chat(200),
	} {
		if strings.Contains(name, "v1") {
			want.TakeClosed()
		}
		want.weighing = weighing{}
		old, err := DecodeState(oldState(t, name))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !bytes.Equal(old.AppendState(nil), want.AppendState(nil)) {
			t.Errorf("%s is read as another tally than that of the same messages", name)
		}
	}
	if old, err := DecodeState(new(Tally).appendState(nil, 1)); err != nil || len(old.Minutes()) != 0 {
		t.Errorf("of no message: %+v, %v", old, err)
	}
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
		quiet.Add(Observation{ID: messageID(i), Sender: sender(i % 4), Time: start, Position: hubbub.Position{Epoch: 1, N: uint64(i)}, Text: fmt.Sprint("some words of chat ", i)})
	}
	if n := len(quiet.AppendState(nil)); n > 700 {
		t.Errorf("a quiet room takes %d bytes", n)
	}
	var hot Tally
	for i := range 50_000 {
		hot.Add(Observation{ID: messageID(i), Sender: sender(i), Time: start.Add(time.Duration(i) * 2 * time.Millisecond), Text: fmt.Sprintf("word%d of chat%d", i, i%100), Position: hubbub.Position{Epoch: 1, N: uint64(i)}})
		if i%1000 == 0 {
			hot.Settle()
		}
	}
	hot.TakeClosed()
	if n := len(hot.AppendState(nil)); n > 90<<10 {
		t.Errorf("a hot room takes %d bytes", n)
	}
}

// A room whose users do their worst: full samples in all buckets, each user with as
// many terms and texts as are kept, of the greatest length.
func TestTheWorstRoomIsBounded(t *testing.T) {
	var worst Tally
	i := 0
	for second := range 60 {
		for user := range 300 { // of which a quarter is in the samples
			for range 2 {
				var text strings.Builder
				for range 5 {
					fmt.Fprintf(&text, "%024d ", i*i*7919)
					i++
				}
				worst.Add(Observation{ID: messageID(i), Sender: sender(user), Time: start.Add(time.Duration(second) * time.Second), Text: strings.ReplaceAll(text.String(), "0", "x"), Position: hubbub.Position{Epoch: math.MaxUint32, N: math.MaxUint64 - uint64(i)}})
			}
		}
		worst.Settle()
	}
	worst.TakeClosed()
	if n := len(worst.AppendState(nil)); n > 256<<10 {
		t.Errorf("the worst room takes %d bytes", n)
	}
	memory := len(worst.weighing.open) * int(reflect.TypeFor[talk]().Size())
	for _, talk := range worst.weighing.open[:cap(worst.weighing.open)] {
		memory += cap(talk.talkers.list) * int(reflect.TypeFor[talker]().Size())
	}
	memory += int(reflect.TypeFor[Tally]().Size())
	for _, b := range worst.window.ring {
		memory += cap(b.usages.list)*int(reflect.TypeFor[usage]().Size()) + cap(b.chatters.few)*8 + cap(b.chatters.ranks)
	}
	if memory > 512<<10 {
		t.Errorf("the worst room takes %d bytes of memory", memory)
	}
	t.Logf("%d bytes of state, %d of memory", len(worst.AppendState(nil)), memory)
}

func TestDecodeRefuses(t *testing.T) {
	good := sample(5).AppendState(nil)
	withMinutes := func(minutes Minutes) []byte {
		broken := sample(5)
		broken.minutes = minutes
		return broken.AppendState(nil)
	}
	withUsages := func(s usages) []byte {
		broken := sample(5)
		broken.window.at(broken.window.newest).usages = s
		return broken.AppendState(nil)
	}
	said := func(user uint64, word string) usage {
		var t term
		copy(t[:], word)
		return newUsage(user, &t)
	}
	withTalks := func(talks ...talk) []byte {
		broken := sample(5)
		broken.weighing = weighing{open: talks}
		return broken.AppendState(nil)
	}
	talked := func(list ...talker) talk { return talk{number: 7, talkers: talkers{list: list}} }
	texts := func(c ...textCopy) talker {
		t := talker{user: 1, counts: Counts{9}, kept: len(c)}
		copy(t.texts[:], c)
		return t
	}
	one := Counts{1}
	for _, c := range []struct {
		why   string
		state []byte
		want  error
	}{
		{"nothing", nil, ErrState},
		{"a newer program wrote it", append([]byte{StateVersion + 1}, good[1:]...), ErrNewerState},
		{"version 0", append([]byte{0}, good[1:]...), ErrState},
		{"minutes in a version without", append([]byte{1}, good[1:]...), ErrState},
		{"minutes out of order", withMinutes(Minutes{{7, one}, {6, one}}), ErrState},
		{"a minute twice", withMinutes(Minutes{{7, one}, {7, one}}), ErrState},
		{"a minute without messages", withMinutes(Minutes{{7, Counts{}}}), ErrState},
		{"a minute beyond time", withMinutes(Minutes{{math.MaxInt64/minuteMillis + 1, one}}), ErrState},
		{"usages out of order", withUsages(usages{users: 1, list: reversed(said(1, "a"), said(1, "b"))}), ErrState},
		{"users out of order", withUsages(usages{users: 2, list: []usage{said(2, "a"), said(1, "a")}}), ErrState},
		{"a usage twice", withUsages(usages{users: 1, list: []usage{said(1, "a"), said(1, "a")}}), ErrState},
		{"an empty term", withUsages(usages{users: 1, list: []usage{said(1, "")}}), ErrState},
		{"a user out of the sample", withUsages(usages{level: 1, users: 1, list: []usage{said(1<<63, "a")}}), ErrState},
		{"fewer users than it says", withUsages(usages{users: 2, list: []usage{said(1, "a")}}), ErrState},
		{"a level that no hash has", withUsages(usages{level: 65}), ErrState},
		{"more minutes than there are bytes", append(withMinutes(nil)[:len(withMinutes(nil))-1], 0xff, 0xff, 0xff, 0xff, 0x0f), ErrState},
		{"buckets of talkers out of order", withTalks(talk{number: 8}, talk{number: 7}), ErrState},
		{"a bucket of talkers twice", withTalks(talk{number: 7}, talk{number: 7}), ErrState},
		{"talkers out of order", withTalks(talked(talker{user: 2}, talker{user: 1})), ErrState},
		{"a talker twice", withTalks(talked(talker{user: 2}, talker{user: 2})), ErrState},
		{"a talker out of the sample", withTalks(talk{talkers: talkers{level: 1, list: []talker{{user: 1 << 63}}}}), ErrState},
		{"a text that nobody sent", withTalks(talked(texts(textCopy{text: 5}))), ErrState},
		{"more copies than messages", withTalks(talked(texts(textCopy{text: 5, count: 10}))), ErrState},
		{"a short text", withTalks(talked(texts(textCopy{count: 1}))), ErrState},
		{"texts out of order", withTalks(talked(texts(textCopy{text: 5, count: 1}, textCopy{text: 4, count: 1}, textCopy{text: 6, count: 1}))), ErrState},
		{"a mood that there is not", withTalks(talked(texts(textCopy{text: 5, count: 1, mood: 6}))), ErrState},
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
	f.Add(chat(200).AppendState(nil))
	f.Add(oldState(f, "talk.v3.state.hex"))
	f.Add(oldState(f, "few.v1.state.hex"))
	f.Add(oldState(f, "few.v2.state.hex"))
	f.Add(oldState(f, "many.v1.state.hex"))
	f.Fuzz(func(t *testing.T, state []byte) {
		tally, err := DecodeState(state)
		if err != nil {
			return
		}
		again := tally.AppendState(nil)
		if state[0] == StateVersion && !bytes.Equal(again, state) {
			t.Fatalf("read %x, written again %x", state, again)
		}
		if same, err := DecodeState(again); err != nil || !bytes.Equal(same.AppendState(nil), again) {
			t.Fatalf("read %x, written again %x, read again: %v", state, again, err)
		}
		tally.Merge(tally)
		tally.Add(Observation{ID: messageID(1), Sender: 1, Time: start, Text: "some words"})
		tally.Settle()
		if r := tally.AppendResult(nil, "1", Progress{}, start); !json.Valid(r) {
			t.Fatalf("no JSON: %s", r)
		}
		if r := tally.TakeClosed().AppendJSON(nil); !json.Valid(r) {
			t.Fatalf("no JSON: %s", r)
		}
	})
}
