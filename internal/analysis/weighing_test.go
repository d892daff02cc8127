package analysis

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub"
)

func TestTextHash(t *testing.T) {
	for _, c := range []struct {
		why, text, like string
		same            bool
	}{
		{"case, signs and spaces", "LET'S GO!!  KT rolster", "lets go kt rolster", true},
		{"lengths of runs", "굴러굴러 ㅋㅋㅋㅋㅋㅋ 가즈아아아아", "굴러굴러 ㅋㅋ 가즈아아", true},
		{"emoji of another colour, more of them", "축하합니다 👏🏻👏🏻👏🏻", "축하합니다 👏", true},
		{"one letter", "chicken one, streamer 0", "chicken one, streamer 1", false},
		{"another order", "goal by mina", "mina by goal", false},
	} {
		if a, b := textHash(c.text), textHash(c.like); a == 0 || (a == b) != c.same {
			t.Errorf("%s: %q and %q: %x and %x", c.why, c.text, c.like, a, b)
		}
	}
	for _, short := range []string{"", "lol", "안녕하세요", "ㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋ", "🔥🔥🔥🔥🔥🔥🔥", "!!!!!!!!!!", "a b c d e"} {
		if textHash(short) != 0 {
			t.Errorf("%q is long", short)
		}
	}
}

func TestIDs(t *testing.T) {
	for i := range 300 {
		d, ok := idOf(messageID(i))
		if got := hubbub.MessageID(d.append(nil)); !ok || got != messageID(i) {
			t.Errorf("%s became %s", messageID(i), got)
		}
	}
	for _, bad := range []hubbub.MessageID{"", "7", messageID(1)[1:], messageID(1) + "0", "01932c07-7c5e-7abc-8def-00000000000g", "01932c07a7c5e-7abc-8def-000000000000"} {
		if _, ok := idOf(bad); ok {
			t.Errorf("%q is an id", bad)
		}
	}
}

// plainly counts what is too much in the plain way: by bucket, with all messages of all
// users, in a room where none has more than two texts in a bucket.
func plainly(list []Observation) (excess Counts) {
	buckets := map[uint64][]Observation{}
	for _, o := range list {
		buckets[bucketOf(o.Time)] = append(buckets[bucketOf(o.Time)], o)
	}
	for number, in := range buckets {
		users, first := map[uint64]map[uint64]bool{}, map[uint64]Observation{}
		for back := range uint64(windowBuckets) {
			for _, o := range buckets[number-back] {
				text := textHash(o.Text)
				if users[text] == nil {
					users[text], first[text] = map[uint64]bool{}, o
				}
				users[text][o.Sender] = true
				if o.Position.Before(first[text].Position) {
					first[text] = o
				}
			}
		}
		left := map[uint64]*Counts{}
		for _, o := range in {
			text := textHash(o.Text)
			if left[o.Sender] == nil {
				left[o.Sender] = new(Counts)
			}
			if text != 0 && len(users[text]) >= waveUsers && first[text].Position != o.Position {
				excess[o.Mood]++
			} else {
				left[o.Sender][o.Mood]++
			}
		}
		for _, said := range left {
			if said.Total() > fairShare {
				fair := said.shared(fairShare)
				for i := range said {
					excess[i] += said[i] - fair[i]
				}
			}
		}
	}
	return excess
}

// conversation draws a small room with waves and floods, in log order.
func conversation(t *rapid.T, users int) (list []Observation) {
	seed := rapid.Uint64().Draw(t, "seed")
	pauses := rapid.SampledFrom([][]int{{0}, {0, 10, 100}, {0, 0, 0, 0, 1500, 9000}, {100, 100, 100, 100, 70_000}}).Draw(t, "pauses")
	at := start
	for i := range rapid.IntRange(0, 300).Draw(t, "messages") {
		at = at.Add(time.Duration(pauses[next(&seed, len(pauses))]) * time.Millisecond)
		text := []string{"lol", "lol", "굴러 굴러 굴러!", "굴러굴러 굴러", "CHICKEN 1 : 0 STREAMER"}[next(&seed, 5)]
		list = append(list, Observation{ID: messageID(i), Sender: sender(next(&seed, users)), Mood: hubbub.Mood(textHash(text) % uint64(hubbub.Moods)), Text: text, Time: at, Position: hubbub.Position{Epoch: 1, N: uint64(i)}})
	}
	return list
}

// In a small room what is weighed is exact, whenever it is settled and however the
// messages came to the tally.
func TestWeighedIsExactInASmallRoom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := conversation(t, rapid.SampledFrom([]int{1, 6, 40}).Draw(t, "users"))
		seed := rapid.Uint64().Draw(t, "settled")
		var batches, whole, merged Tally
		for _, o := range list {
			batches.Add(o)
			if next(&seed, 10) == 0 {
				batches.Settle()
			}
			var one Tally
			one.Add(o)
			merged.Merge(&one)
			whole.Add(o)
		}
		excess := plainly(list)
		want := batches.counts.less(&excess)
		for _, tally := range []*Tally{&batches, &whole, reload(t, &merged)} {
			if got := tally.Weighed(); got != want {
				t.Fatalf("weighed are %v, want %v of %v", got, want, whole.counts)
			}
			tally.Settle()
			if got := tally.Weighed(); got != want {
				t.Fatalf("settled, weighed are %v, want %v of %v", got, want, whole.counts)
			}
			whole.Settle()
			if !bytes.Equal(tally.AppendState(nil), whole.AppendState(nil)) {
				t.Fatal("the state depends on when it was settled")
			}
			if n := len(tally.weighing.open); n > windowBuckets {
				t.Fatalf("%d buckets are kept", n)
			}
		}
	})
}

// Where nobody copies or floods, ratios are of the exact counts, in a room of any size.
func TestOrdinaryRoomsAreWeighedInFull(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		users := rapid.SampledFrom([]int{3, 100, 3000}).Draw(t, "users")
		var tally Tally
		for i := range rapid.IntRange(1, 3000).Draw(t, "messages") {
			tally.Add(Observation{ID: messageID(i), Sender: sender(i % users), Mood: hubbub.Mood(i * i % hubbub.Moods), Text: fmt.Sprint("message number ", i), Time: start.Add(time.Duration(i) * 5 * time.Second / time.Duration(3*users))})
			if i%100 == 0 {
				tally.Settle()
			}
		}
		if tally.Weighed() != tally.Counts() {
			t.Fatalf("weighed are %v of %v", tally.Weighed(), tally.Counts())
		}
	})
}

type shownWave struct {
	MessageID    hubbub.MessageID
	Count, Users int
}

func resultOf(t *testing.T, tally *Tally, at time.Time) (r struct {
	TotalCount int
	Ratios     map[string]float64
	Window     struct{ Ratios map[string]float64 }
	Waves      []shownWave
}) {
	t.Helper()
	if err := json.Unmarshal(tally.AppendResult(nil, "1", Progress{}, at), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// A wave is shown with its first message, and bends the ratios by no more than that;
// nor does who floods.
func TestWavesAndFloods(t *testing.T) {
	var tally Tally
	n := 0
	say := func(user int, mood hubbub.Mood, second int, text string) {
		n++
		tally.Add(Observation{ID: messageID(n), Sender: sender(user), Mood: mood, Text: text, Time: start.Add(time.Duration(second) * time.Second), Position: hubbub.Position{Epoch: 1, N: uint64(n)}})
	}
	for i := range 20 {
		say(i, hubbub.Praise, 0, fmt.Sprintf("well done number %d", i))
	}
	say(7, hubbub.Criticism, 1, "this game is BAD!!")
	for i := range 36 {
		say(i, hubbub.Criticism, 2, "This game is bad")
	}
	say(1, hubbub.Other, 3, "This is said by four")
	for i := range 3 {
		say(2+i, hubbub.Other, 3, "this is said by four")
	}
	for i := range 30 {
		say(99, hubbub.Question, 20, fmt.Sprint("what is the answer to ", i))
	}
	check := func(when string) {
		t.Helper()
		r := resultOf(t, &tally, start.Add(20*time.Second))
		if want := []shownWave{{messageID(21), 37, 36}}; !slices.Equal(r.Waves, want) {
			t.Errorf("%s: waves are %v, want %v", when, r.Waves, want)
		}
		weighed := Counts{hubbub.Praise: 20, hubbub.Criticism: 1, hubbub.Question: 5, hubbub.Other: 4}
		for mood, ratio := range map[string]float64{"praise": 20. / 30, "criticism": 1. / 30, "question": 5. / 30, "other": 4. / 30} {
			if math.Abs(r.Ratios[mood]-ratio) > 0.0001 || r.Window.Ratios[mood] != r.Ratios[mood] {
				t.Errorf("%s: %s is %v and %v in the window, want %v", when, mood, r.Ratios[mood], r.Window.Ratios[mood], ratio)
			}
		}
		if tally.Weighed() != weighed || r.TotalCount != 91 {
			t.Errorf("%s: weighed are %v of %d", when, tally.Weighed(), r.TotalCount)
		}
	}
	check("while it goes on")
	tally.Settle()
	check("once it is settled")
	if r := resultOf(t, &tally, start.Add(2*time.Minute)); len(r.Waves) != 0 {
		t.Errorf("two minutes later waves are %v", r.Waves)
	}
}

// In a large room the sample says how large a wave is.
func TestWavesWithinTheStatedError(t *testing.T) {
	squares, n := 0.0, 0
	for _, users := range []int{100, 400, 3000} {
		for _, share := range []float64{0.2, 0.5, 0.9} {
			for room := range 8 {
				var tally Tally
				in := 0
				for i := range users {
					text := fmt.Sprint("what only I say ", i)
					if float64(i*7919%users) < share*float64(users) {
						text = "we all say the same"
						in++
					}
					tally.Add(Observation{ID: messageID(i), Sender: SenderHash(hubbub.UserID(fmt.Sprint(room, "-", i))), Text: text, Time: start.Add(time.Duration(i%5) * time.Second), Position: hubbub.Position{Epoch: 1, N: uint64(i)}})
				}
				standard := math.Sqrt(float64(in*users) / (sampledTalkers / 2))
				waves := resultOf(t, &tally, start.Add(5*time.Second)).Waves
				shown := 0.0
				if len(waves) > 0 {
					shown = float64(waves[0].Users)
				}
				off := math.Abs(shown - float64(in))
				weighed := tally.Weighed()
				excess := math.Abs(float64(users) - float64(weighed.Total()) - float64(in))
				if off > 4*standard || excess > 4*standard+float64(users)/10 {
					t.Errorf("%d of %d users: %v shown, weighed %v; a standard error is %.0f", in, users, waves, weighed, standard)
				}
				squares += off * off / (standard * standard)
				n++
			}
		}
	}
	if mean := squares / float64(n); mean > 1 {
		t.Errorf("the mean square error is %.2f times what is stated", mean)
	}
}

// Who has all messages up to a time, and some of those after, settles what is before it:
// whenever that is done, and however far behind the newest, what comes out is the same.
func TestSettledBehindTheNewest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := conversation(t, 40)
		slices.SortStableFunc(list, func(a, b Observation) int { return a.Time.Compare(b.Time) })
		var whole, shared Tally
		for _, o := range list {
			whole.Add(o)
		}
		ahead := rapid.IntRange(0, len(list)).Draw(t, "ahead")
		added := 0
		for through := range list {
			for ; added < min(through+1+ahead, len(list)); added++ {
				shared.Add(list[added])
			}
			if rapid.Bool().Draw(t, "settle") {
				shared.SettleBefore(list[through].Time)
			}
		}
		whole.Settle()
		shared.Settle()
		if a, b := whole.AppendState(nil), shared.AppendState(nil); !bytes.Equal(a, b) {
			t.Fatalf("weighed %v and %v", whole.Weighed(), shared.Weighed())
		}
	})
}
