package summariser

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/history"
	"github.com/hubbub-live/hubbub/internal/summary"
)

// windows is how many random windows are summed up: HUBBUB_WINDOWS, or as usual.
func windows() int {
	if n, err := strconv.Atoi(os.Getenv("HUBBUB_WINDOWS")); err == nil {
		return n
	}
	return 100
}

// book is what a room's summaries may cite.
type book struct {
	room  hubbub.StreamID
	lines []line
	gone  map[hubbub.MessageID]bool
}

// wrong says what is wrong with a summary, by what was said and removed.
func (b *book) wrong(r Result) error {
	for _, sentence := range r.Sentences {
		if len(sentence.MessageIDs) == 0 || sentence.Text == "" {
			return fmt.Errorf("%+v stands on nothing", sentence)
		}
		for _, id := range sentence.MessageIDs {
			i := slices.IndexFunc(b.lines, func(l line) bool { return string(l.id) == id })
			switch {
			case i < 0:
				return fmt.Errorf("%s was never said in %s", id, b.room)
			case !r.From.Before(b.lines[i].at) || r.Through.Before(b.lines[i].at):
				return fmt.Errorf("%s at %v is not after %v through %v", id, b.lines[i].at, r.From, r.Through)
			case b.gone[hubbub.MessageID(id)]:
				return fmt.Errorf("%s was deleted", id)
			}
		}
	}
	return nil
}

// TestRandomWindows: of random windows with random deletions, before they are summed
// up and afterwards, archived or only logged, no sentence has a citation that is
// wrong, of another room or deleted, as published and as shown later.
func TestRandomWindows(t *testing.T) {
	w := newWorld(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	w.start()
	reader := &history.Reader{Archive: w.archive, Log: w.log}
	books := []*book{{room: "a"}, {room: "b"}, {room: "c"}}
	seen := map[*book]int{}
	sentences, removed := 0, 0
	for range windows() {
		b := books[random.IntN(len(books))]
		if b.gone == nil {
			b.gone = map[hubbub.MessageID]bool{}
		}
		texts := chatter(1 + random.IntN(12))
		random.Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
		b.lines = append(b.lines, w.say(b.room, texts...)...)
		remove := func() {
			for range random.IntN(3) {
				// Most often of what was said last.
				gone := b.lines[max(0, len(b.lines)-1-random.IntN(16))].id
				w.remove(b.room, gone)
				b.gone[gone] = true
				removed++
			}
		}
		remove() // archived
		w.archiveAll("a", "b", "c")
		remove() // logged
		w.ask(b.room, b.lines[max(0, len(b.lines)-1-random.IntN(4))].at)
		w.settled()
		published := w.published(b.room)
		for _, r := range published[seen[b]:] {
			sentences += len(r.Sentences)
			if err := b.wrong(r); err != nil {
				t.Fatalf("published: %v in %+v", err, r)
			}
		}
		seen[b] = len(published)
		remove()
		shown, err := reader.Summaries(t.Context(), b.room, hubbub.Position{}, 3)
		w.must(err)
		for _, s := range shown {
			if err := b.wrong(ResultOf(s)); err != nil {
				t.Fatalf("shown: %v in %+v", err, s)
			}
		}
	}
	if sentences == 0 || removed == 0 {
		t.Errorf("%d sentences and %d removals prove nothing", sentences, removed)
	}
	t.Logf("%d sentences, %d removals", sentences, removed)
}

// TestALargeWindowIsSampled evenly, and the same each time.
func TestALargeWindowIsSampled(t *testing.T) {
	for _, n := range []int{0, 1, maxMessages, maxMessages + 1, 25_000} {
		var kept, again sample
		for i := range n {
			m := summary.Message{ID: fmt.Sprint("message ", i), Position: hubbub.Position{Epoch: 1, N: uint64(i)}}
			read := func() (summary.Message, bool) { return m, true }
			kept.add(m.ID, read)
			again.add(m.ID, read)
		}
		least := min(n, maxMessages*4/10)
		if kept.total != n || len(kept.messages) > maxMessages || len(kept.messages) < least {
			t.Errorf("of %d, %d are kept of %d", n, len(kept.messages), kept.total)
		}
		if !slices.Equal(kept.messages, again.messages) || !slices.IsSortedFunc(kept.messages, func(a, b summary.Message) int { return a.Position.Compare(b.Position) }) {
			t.Errorf("of %d, others are kept the second time, or in another order", n)
		}
		half := slices.IndexFunc(kept.messages, func(m summary.Message) bool { return m.Position.N >= uint64(n/2) })
		if n > 1 && (half < len(kept.messages)*4/10 || half > len(kept.messages)*6/10) {
			t.Errorf("of %d, %d of %d are from the first half", n, half, len(kept.messages))
		}
	}
	var same sample // one id again and again
	for range 3 * maxMessages {
		same.add("m", func() (summary.Message, bool) { return summary.Message{ID: "m"}, true })
	}
	if len(same.messages) > maxMessages {
		t.Errorf("%d are kept", len(same.messages))
	}
}
