package books

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

const tag = "t"

func at(n uint64) hubbub.Position {
	if n == 0 {
		return hubbub.Position{}
	}
	return hubbub.Position{Epoch: 1, N: n}
}

// message makes a delivery of message k of client 0 at position n.
func message(k int, n, prev uint64) client.Delivery {
	return client.Delivery{Position: at(n), Prev: at(prev), Nonce: []byte(Mark{0, k}.Nonce(tag))}
}

func with(d client.Delivery, change func(*client.Delivery)) client.Delivery {
	change(&d)
	return d
}

// The log of these tests: messages 0 to 4 of client 0 at positions 11 to 15,
// after somebody else's at 10.
func standardLog() []Entry {
	log := []Entry{{at(10), "other", ""}}
	for k := range 5 {
		log = append(log, Entry{at(uint64(11 + k)), fmt.Sprint("id", k), Mark{0, k}.Nonce(tag)})
	}
	return log
}

func TestAccounts(t *testing.T) {
	whole := []client.Delivery{message(0, 11, 10), message(1, 12, 11), message(2, 13, 12), message(3, 14, 13), message(4, 15, 14)}
	tests := []struct {
		why       string
		start     uint64
		delivered []client.Delivery
		notice    int64 // skipped, declared by a notice after the last delivery
		want      raw.Viewer
	}{
		{why: "everything once, in order", start: 10, delivered: whole,
			want: raw.Viewer{Delivered: 5, Expected: 5}},
		{why: "who comes later is owed less", start: 13, delivered: whole[3:],
			want: raw.Viewer{Delivered: 2, Expected: 2}},
		{why: "somebody else's message is owed too", start: 9,
			delivered: append([]client.Delivery{{Position: at(10), Prev: at(9)}}, whole...),
			want:      raw.Viewer{Delivered: 6, Expected: 6, Foreign: 1}},
		{why: "lost in the middle: missing, and the chain shows it", start: 10, delivered: slices.Concat(whole[:2], whole[3:]),
			want: raw.Viewer{Delivered: 4, Expected: 5, Missing: 1, Breaks: 1}},
		{why: "lost at the front: the chain shows that too", start: 10, delivered: whole[1:],
			want: raw.Viewer{Delivered: 4, Expected: 5, Missing: 1, Breaks: 1}},
		{why: "lost at the tail, where no chain shows it", start: 10, delivered: whole[:4],
			want: raw.Viewer{Delivered: 4, Expected: 5, Missing: 1}},
		{why: "late beyond the drain is lost", start: 10, delivered: whole[:3],
			want: raw.Viewer{Delivered: 3, Expected: 5, Missing: 2}},
		{why: "nothing came at all", start: 10,
			want: raw.Viewer{Expected: 5, Missing: 5}},
		{why: "doubled on the wire", start: 10, delivered: slices.Insert(slices.Clone(whole), 3, whole[2]),
			want: raw.Viewer{Delivered: 6, Expected: 5, Duplicates: 1}},
		{why: "doubled in the log: another position, the same message", start: 10,
			delivered: append(slices.Clone(whole), message(2, 16, 15)),
			want:      raw.Viewer{Delivered: 6, Expected: 5, Duplicates: 1}},
		{why: "reordered", start: 10, delivered: []client.Delivery{whole[0], whole[2], whole[1], whole[3], whole[4]},
			want: raw.Viewer{Delivered: 5, Expected: 5, Reordered: 1, Breaks: 1}},
		{why: "a chain that denies the message before", start: 10, delivered: []client.Delivery{whole[0], whole[1], message(2, 13, 11), whole[3], whole[4]},
			want: raw.Viewer{Delivered: 5, Expected: 5, Breaks: 1}},
		{why: "skipped and declared on the next message", start: 10,
			delivered: []client.Delivery{whole[0], with(whole[3], func(d *client.Delivery) { d.Skipped = 2 }), whole[4]},
			want:      raw.Viewer{Delivered: 3, Expected: 5, Skipped: 2, Missing: 2}},
		{why: "skipped and declared before anything came", start: 10,
			delivered: []client.Delivery{with(whole[3], func(d *client.Delivery) { d.Skipped = 3 }), whole[4]},
			want:      raw.Viewer{Delivered: 2, Expected: 5, Skipped: 3, Missing: 3}},
		{why: "skipped and declared by a notice", start: 10, delivered: whole[:2], notice: 3,
			want: raw.Viewer{Delivered: 2, Expected: 5, Skipped: 3, Missing: 3}},
		{why: "one declaration excuses one hole", start: 10,
			delivered: []client.Delivery{whole[0], with(whole[2], func(d *client.Delivery) { d.Skipped = 1 }), whole[4]},
			want:      raw.Viewer{Delivered: 3, Expected: 5, Skipped: 1, Missing: 2, Breaks: 1}},
		{why: "a gap is declared and counts nothing", start: 10,
			delivered: []client.Delivery{whole[0], with(whole[4], func(d *client.Delivery) { d.Gap = []byte("1.11..1.14") })},
			want:      raw.Viewer{Delivered: 2, Expected: 5, Gaps: 1, Missing: 3}},
		{why: "a message of another room", start: 10,
			delivered: append(slices.Clone(whole), with(message(0, 16, 15), func(d *client.Delivery) { d.Nonce = []byte(Mark{1, 0}.Nonce(tag)) })),
			want:      raw.Viewer{Delivered: 6, Expected: 5, Stray: 1}},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			s := Seating{Tag: tag, Clients: 4, Rooms: 2, Most: 5}
			a := NewAccount(s, 2, "s")
			a.Counts.Start = at(test.start)
			for _, d := range test.delivered {
				a.Take(&d)
			}
			a.Declare(test.notice, false)
			l := NewLedger(s, 0, "s", 10)
			_, viewers := l.Close(standardLog(), []*Account{a}, at(15))
			got := viewers[0]
			got.Client, got.Stream, got.Start, got.End = 0, "", hubbub.Position{}, hubbub.Position{}
			if got != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

func TestLedger(t *testing.T) {
	refusal := hubbub.Refuse(hubbub.CodeRateLimited, "slower")
	unknown := hubbub.Refuse(hubbub.CodeOutcomeUnknown, "who knows")
	acked := func(l *Ledger, ks ...int) {
		for _, k := range ks {
			l.Sent(Mark{0, k})
			l.Ended(Mark{0, k}, nil)
		}
	}
	tests := []struct {
		why  string
		sent func(*Ledger)
		log  []Entry
		want raw.Room
	}{
		{"fault-free: sent = acked = logged, and others may speak too", func(l *Ledger) { acked(l, 0, 1, 2, 3, 4) }, standardLog(),
			raw.Room{Sent: 5, Acked: 5, Logged: 6, Foreign: 1}},
		{"acked and not in the log", func(l *Ledger) { acked(l, 0, 1, 2, 3, 4) }, standardLog()[:5],
			raw.Room{Sent: 5, Acked: 5, Logged: 5, Foreign: 1, AckedLost: 1}},
		{"unknown may be logged or not", func(l *Ledger) {
			acked(l, 0, 1, 2)
			l.Sent(Mark{0, 3})
			l.Ended(Mark{0, 3}, unknown)
			l.Sent(Mark{0, 4})
		}, standardLog()[:5], raw.Room{Sent: 5, Acked: 3, Unknown: 2, Logged: 5, Foreign: 1}},
		{"refused is certainly not logged", func(l *Ledger) {
			acked(l, 0, 1, 2, 3)
			l.Sent(Mark{0, 4})
			l.Ended(Mark{0, 4}, refusal)
		}, standardLog(), raw.Room{Sent: 5, Acked: 4, Refused: map[string]int{"rate_limited": 1}, Logged: 6, Foreign: 1, Invented: 1}},
		{"what was never sent is not logged either", func(l *Ledger) { acked(l, 0, 1, 2, 3) }, standardLog(),
			raw.Room{Sent: 4, Acked: 4, Logged: 6, Foreign: 1, Invented: 1}},
		{"logged twice: the same message under another id", func(l *Ledger) { acked(l, 0, 1, 2, 3, 4) },
			append(standardLog(), Entry{at(16), "id9", Mark{0, 4}.Nonce(tag)}), raw.Room{Sent: 5, Acked: 5, Logged: 6, LoggedTwice: 1, Foreign: 1}},
		{"logged twice: the same id", func(l *Ledger) { acked(l, 0, 1, 2, 3, 4) },
			append(standardLog(), Entry{at(16), "other", ""}), raw.Room{Sent: 5, Acked: 5, Logged: 6, LoggedTwice: 1, Foreign: 1}},
		{"a nonce of another run is foreign", func(*Ledger) {}, []Entry{{at(1), "a", Mark{0, 0}.Nonce("u")}},
			raw.Room{Logged: 1, Foreign: 1}},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			l := NewLedger(Seating{Tag: tag, Clients: 1, Rooms: 1, Most: 5}, 0, "s", 5)
			test.sent(l)
			got, _ := l.Close(test.log, nil, hubbub.Position{})
			test.want.Stream, test.want.Due = "s", 5
			if test.want.Refused == nil {
				test.want.Refused = map[string]int{}
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

func TestOutcomeOf(t *testing.T) {
	tests := []struct {
		why  string
		err  error
		want Outcome
	}{
		{"a receipt", nil, Acked},
		{"a refusal", hubbub.Refuse(hubbub.CodeContentEmpty, "x"), Refused},
		{"the server does not know", hubbub.Refuse(hubbub.CodeOutcomeUnknown, "x"), Unknown},
		{"anything else tells nothing", errors.New("cut"), Unknown},
	}
	for _, test := range tests {
		if got, _ := OutcomeOf(test.err); got != test.want {
			t.Errorf("%s: got %d, want %d", test.why, got, test.want)
		}
	}
}

func TestNoncesAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Mark{rapid.IntRange(0, 999_999).Draw(t, "client"), rapid.IntRange(0, 999_999).Draw(t, "number")}
		nonce := m.Nonce("abc")
		if got, ok := ParseNonce("abc", []byte(nonce)); !ok || got != m {
			t.Fatalf("%s: got %v, %v", nonce, got, ok)
		}
		text := rapid.String().Draw(t, "text")
		if got, ok := ParseNonce("abc", []byte(text)); ok && got.Nonce("abc") != text {
			t.Fatalf("%q was read as %v", text, got)
		}
	})
	for _, text := range []string{"", "abc", "abc.", "abc.1", "abc.1.", "abc..1", "abc.01.2", "abc.-1.2", "abd.1.2", "abc.1.2.3", "abc.1.9999999999"} {
		if m, ok := ParseNonce("abc", []byte(text)); ok {
			t.Errorf("%q was read as %v", text, m)
		}
	}
	if len((Mark{99_999, 9_999_999}).Nonce(strings.Repeat("x", 12))) > 64 {
		t.Error("a nonce may be too long for the wire")
	}
}

// Every message of a run has its own number in its room, within bounds.
func TestSeating(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Seating{Tag: tag, Clients: rapid.IntRange(1, 30).Draw(t, "clients"), Most: rapid.IntRange(1, 5).Draw(t, "most")}
		s.Rooms = rapid.IntRange(1, s.Clients).Draw(t, "rooms")
		seen := map[[2]int]bool{}
		for c := range s.Clients {
			for k := range s.Most {
				room, index, ok := s.Index(Mark{c, k})
				if !ok || room != s.Room(c) || index < 0 || index >= s.Messages(room) || seen[[2]int{room, index}] {
					t.Fatalf("message %d of client %d: room %d, index %d, %v", k, c, room, index, ok)
				}
				seen[[2]int{room, index}] = true
			}
		}
		if _, _, ok := s.Index(Mark{s.Clients, 0}); ok {
			t.Fatal("a client that there is not")
		}
	})
}

func BenchmarkTake(b *testing.B) {
	s := Seating{Tag: "3f2a9c1b", Clients: 500, Rooms: 1, Most: 150}
	var deliveries []client.Delivery
	for i := range 75_000 {
		deliveries = append(deliveries, client.Delivery{Position: at(uint64(i + 2)), Prev: at(uint64(i + 1)),
			Nonce: []byte(Mark{i % 500, i / 500}.Nonce(s.Tag))})
	}
	var a *Account
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%len(deliveries) == 0 {
			b.StopTimer()
			a = NewAccount(s, 0, "1")
			b.StartTimer()
		}
		a.Take(&deliveries[i%len(deliveries)])
	}
}
