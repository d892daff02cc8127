package analysis

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub"
)

var start = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func sender(i int) uint64 { return SenderHash(hubbub.UserID("user-" + strconv.Itoa(i))) }

func messageID(i int) hubbub.MessageID {
	return hubbub.MessageID(fmt.Sprintf("01932c07-7c5e-7abc-8def-%012x", i))
}

// observations draws messages over some minutes, with few or many senders.
func observations(t *rapid.T) []Observation {
	senders := rapid.SampledFrom([]int{1, 100, 140, 2000}).Draw(t, "senders")
	seconds := rapid.SampledFrom([]int{4, 61, 300}).Draw(t, "seconds")
	n := rapid.IntRange(0, 400).Draw(t, "n")
	seed := rapid.Uint64().Draw(t, "seed")
	next := func(limit int) int { return next(&seed, limit) }
	list := make([]Observation, n)
	for i := range list {
		list[i] = Observation{
			ID:       messageID(i),
			Sender:   sender(next(senders)),
			Mood:     hubbub.Mood(next(hubbub.Moods)),
			Text:     fmt.Sprintf("word%d, word%d! word%d", next(3), next(50), next(1000)),
			Time:     start.Add(time.Duration(next(seconds*1000)) * time.Millisecond),
			Position: hubbub.Position{Epoch: uint32(1 + next(2)), N: uint64(i)},
		}
	}
	return list
}

// next draws below a limit: cheap, for thousands of values.
func next(seed *uint64, limit int) int {
	*seed = *seed*6364136223846793005 + 1442695040888963407
	return int(*seed >> 33 % uint64(limit))
}

func TestAnySplitAndOrderGivesTheSameState(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := observations(t)
		var whole Tally
		for _, o := range list {
			whole.Add(o)
		}

		shares := make([]*Tally, rapid.IntRange(1, 5).Draw(t, "shares"))
		for i := range shares {
			shares[i] = new(Tally)
		}
		for _, i := range rapid.Permutation(indexes(len(list))).Draw(t, "order") {
			shares[i%len(shares)].Add(list[i])
		}
		for len(shares) > 1 { // merge any two, in either direction, until one is left
			from := rapid.IntRange(0, len(shares)-1).Draw(t, "from")
			picked := shares[from]
			shares = append(shares[:from], shares[from+1:]...)
			into := rapid.IntRange(0, len(shares)-1).Draw(t, "into")
			shares[into].Merge(reload(t, picked))
		}

		want, got := whole.AppendState(nil), shares[0].AppendState(nil)
		if !bytes.Equal(want, got) {
			t.Fatalf("the state depends on how the messages were split:\n%x\n%x", want, got)
		}
	})
}

func indexes(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// reload sends a tally through its binary form, as an engine does.
func reload(t *rapid.T, tally *Tally) *Tally {
	again, err := DecodeState(tally.AppendState(nil))
	if err != nil {
		t.Fatal(err)
	}
	return again
}

func TestCountsAreWhatWasAdded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := observations(t)
		var tally Tally
		var want, wantWindow Counts
		newest := uint64(0)
		for _, o := range list {
			tally.Add(o)
			want[o.Mood]++
			newest = max(newest, bucketOf(o.Time))
		}
		inWindow := map[uint64]bool{}
		for _, o := range list {
			if bucketOf(o.Time)+windowBuckets > newest {
				wantWindow[o.Mood]++
				inWindow[o.Sender] = true
			}
		}
		if tally.Counts() != want {
			t.Fatalf("counts are %v, added were %v", tally.Counts(), want)
		}
		window, chatters := tally.Window(time.Time{})
		if window != wantWindow {
			t.Fatalf("the window has %v, it should have %v", window, wantWindow)
		}
		if n := len(inWindow); n <= fewChatters && chatters != uint64(n) {
			t.Fatalf("the window has %d chatters, it should have %d", chatters, n)
		}
	})
}

// TestTheWindowSlidesOn lets time pass after the last message, bucket by bucket.
func TestTheWindowSlidesOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tally Tally
		list := observations(t)
		newest := uint64(0)
		for _, o := range list {
			tally.Add(o)
			newest = max(newest, bucketOf(o.Time))
		}
		before := tally.AppendState(nil)
		at := start.Add(-time.Hour) // the clock may be behind the log
		for steps := 0; ; steps++ {
			want := Counts{}
			for _, o := range list {
				if bucketOf(o.Time)+windowBuckets > max(newest, bucketOf(at)) {
					want[o.Mood]++
				}
			}
			got, _ := tally.Window(at)
			next, more := tally.Slides(at)
			if got != want || more != (want != Counts{}) {
				t.Fatalf("at %v the window has %v, it should have %v; it slides on: %v", at, got, want, more)
			}
			if !more {
				break
			}
			if still, _ := tally.Window(next.Add(-time.Millisecond)); still != want {
				t.Fatalf("it slid before %v", next)
			}
			if at = next; steps > windowBuckets {
				t.Fatal("it never ends")
			}
		}
		if !bytes.Equal(before, tally.AppendState(nil)) {
			t.Fatal("looking at the window changed the state")
		}
	})
}

func TestPresent(t *testing.T) {
	at := func(n uint64) hubbub.Position { return hubbub.Position{Epoch: 1, N: n} }
	later := start.Add(time.Hour)
	if got := (Progress{at(7), start, at(7), start}).Present(later); !got.Equal(later) {
		t.Errorf("in a quiet room it is %v, not now", got)
	}
	if got := (Progress{at(7), start, at(8), start}).Present(later); !got.Equal(start) {
		t.Errorf("behind the log it is %v, not the time of what was read", got)
	}
}

func TestChattersWithinTheStatedError(t *testing.T) {
	var c Chatters
	n := 0
	for _, until := range []int{0, 1, 100, fewChatters, 129, 500, 3_000, 10_000, 100_000} {
		for ; n < until; n++ {
			c.Add(sender(n))
			c.Add(sender(n / 2)) // repeats change nothing
		}
		allowed := 3 * 0.023 * float64(n) // three standard errors
		if n <= fewChatters {
			allowed = 0
		}
		if off := math.Abs(float64(c.Count()) - float64(n)); off > allowed {
			t.Errorf("%d senders are counted as %d", n, c.Count())
		}
	}
}

func TestChattersOfFullRegisters(t *testing.T) {
	c := Chatters{dense: true, ranks: bytes.Repeat([]byte{maxRank}, registers)}
	if c.Count() < 1<<31 {
		t.Errorf("full registers are counted as %d", c.Count())
	}
}

func TestRatiosSumToOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c Counts
		for i := range c {
			c[i] = rapid.OneOf(rapid.Uint64Range(0, 3), rapid.Uint64Range(0, maxCount)).Draw(t, "n")
		}
		sum := uint64(0)
		for i, units := range c.Ratios() {
			sum += units
			if exact := float64(c[i]) / float64(max(c.Total(), 1)); math.Abs(float64(units)/ratioUnits-exact) > 0.0001 {
				t.Fatalf("%v: mood %d is %d/10000, exactly %f", c, i, units, exact)
			}
		}
		if want := min(c.Total(), 1) * ratioUnits; sum != want {
			t.Fatalf("the ratios of %v sum to %d", c, sum)
		}
	})
}

func TestAge(t *testing.T) {
	at := func(n uint64) hubbub.Position { return hubbub.Position{Epoch: 1, N: n} }
	for _, c := range []struct {
		why string
		p   Progress
		age time.Duration
	}{
		{"nothing more is there, though it was long ago", Progress{at(7), start, at(7), start.Add(time.Hour)}, 0},
		{"end was asked for before the last read", Progress{at(7), start, at(5), start.Add(time.Hour)}, 0},
		{"behind by a second", Progress{at(7), start, at(8), start.Add(time.Second)}, time.Second},
		{"behind a record of the same instant", Progress{at(7), start, at(8), start}, 0},
		{"the clock that saw the end stepped back", Progress{at(7), start, at(8), start.Add(-time.Hour)}, 0},
		{"a new epoch has nothing yet", Progress{at(7), start, hubbub.Position{Epoch: 2}, start.Add(time.Minute)}, 0},
		{"a new epoch is newer", Progress{at(7), start, hubbub.Position{Epoch: 2, N: 1}, start.Add(time.Minute)}, time.Minute},
	} {
		if got := c.p.Age(); got != c.age {
			t.Errorf("%s: age is %v, want %v", c.why, got, c.age)
		}
	}
}

func TestAddDoesNotAllocate(t *testing.T) {
	var tally Tally
	i := 0
	var ids [1000]hubbub.MessageID
	for i := range ids {
		ids[i] = messageID(i)
	}
	add := func(n int) {
		for range n {
			tally.Add(Observation{ID: ids[i%1000], Sender: SenderHash("somebody") + uint64(i%100), Text: "what a goal, ㅋㅋㅋㅋ", Time: start.Add(time.Duration(i) * time.Millisecond)})
			if i++; i%1000 == 0 { // a batch
				tally.Settle()
			}
		}
	}
	add(60_000) // the chatters are known, in the window too
	if n := testing.AllocsPerRun(1, func() { add(20_000) }); n != 0 {
		t.Errorf("%v allocations in 20,000 messages", n)
	}
}

// The cost of a message in a hot room: many chatters, a window that moves.
func BenchmarkTallyAdd(b *testing.B) {
	for _, chatters := range []int{50, 500, 20_000} {
		b.Run(fmt.Sprintf("chatters=%d", chatters), func(b *testing.B) {
			list := make([]Observation, 1<<16)
			for i := range list {
				list[i] = Observation{ID: messageID(i), Sender: sender(i * 7919 % chatters), Mood: hubbub.Mood(i % hubbub.Moods), Text: fmt.Sprintf("what a goal%d by player%d!! ㅋㅋㅋㅋ 대박%d", i%7, i%211, i%1009), Time: start.Add(time.Duration(i) * 4 * time.Millisecond)}
			}
			var tally Tally
			for _, o := range list {
				tally.Add(o)
			}
			tally.Settle()
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				o := &list[i&(1<<16-1)]
				o.Position.N = uint64(i)
				o.Time = start.Add(time.Duration(i) * 4 * time.Millisecond)
				tally.Add(*o)
				if i++; i%1000 == 0 { // a batch
					tally.TakeClosed()
					tally.Settle()
				}
			}
		})
	}
}

func BenchmarkTallyResult(b *testing.B) {
	var tally Tally
	for i := range 20_000 {
		tally.Add(Observation{ID: messageID(i), Sender: sender(i % 2000), Mood: hubbub.Mood(i % hubbub.Moods), Text: fmt.Sprintf("what a goal%d by player%d!! ㅋㅋㅋㅋ 대박%d", i%7, i%211, i%1009), Time: start.Add(time.Duration(i) * 3 * time.Millisecond)})
	}
	tally.Settle()
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		dst = tally.AppendResult(dst[:0], "1", Progress{}, start)
	}
}
