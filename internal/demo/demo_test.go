package demo

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis/classify"
	"github.com/hubbub-live/hubbub/internal/chat/send"
	"github.com/hubbub-live/hubbub/internal/text"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func mustScript(t testing.TB, seed uint64) *script {
	t.Helper()
	s, err := newScript(seed, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestTheShow: there is enough to say, in both languages and all moods, and all of
// it may be said.
func TestTheShow(t *testing.T) {
	k := mustScript(t, 1)
	seen := map[string]bool{}
	lines, koreans := 0, 0
	moods := [hubbub.Moods]int{}
	check := func(said string) {
		lines++
		if is, _ := korean(said); is {
			koreans++
		}
		if clean, err := text.Content(said, text.Limits{Characters: 100}); err != nil || clean != said {
			t.Errorf("%q may not be said: %v", said, err)
		}
		if seen[said] {
			t.Errorf("%q is there twice", said)
		}
		seen[said] = true
	}
	for _, set := range append([][hubbub.Moods][]line{k.show.any}, func() (all [][hubbub.Moods][]line) {
		for _, a := range k.show.acts {
			all = append(all, a.lines)
			for _, wave := range a.waves {
				check(wave)
			}
		}
		return all
	}()...) {
		for mood, list := range set {
			for _, l := range list {
				moods[mood]++
				check(l.text)
				if l.answer != "" {
					check(l.answer)
				}
			}
		}
	}
	if lines < 250 || koreans < 90 || lines-koreans < 90 {
		t.Errorf("%d lines, %d of them Korean", lines, koreans)
	}
	for mood, n := range moods {
		if n < 20 {
			t.Errorf("%v has %d lines", hubbub.Mood(mood), n)
		}
	}
	names := map[string]bool{}
	for _, p := range k.people {
		clean, err := text.Name(p.name)
		if err != nil || clean != p.name || names[p.name] || !strings.HasPrefix(string(p.id), idPrefix) {
			t.Errorf("%+v: %v", p, err)
		}
		names[p.name] = true
	}
	if len(k.people) != 40 {
		t.Errorf("%d chatters", len(k.people))
	}
}

// TestTheScript: equal seeds say equal things, about one a second; there are waves;
// who answers is not who asked.
func TestTheScript(t *testing.T) {
	first, second, other := mustScript(t, 3), mustScript(t, 3), mustScript(t, 4)
	var all time.Duration
	const cues = 5000
	different, waves, inWave, repeated := 0, 0, 1, 0
	last := cue{}
	for range cues {
		c := first.next()
		if d := second.next(); !reflect.DeepEqual(c, d) {
			t.Fatalf("%+v and %+v", c, d)
		}
		if c.text != other.next().text {
			different++
		}
		all += c.after
		if c.text != last.text {
			inWave = 0
		}
		if inWave++; inWave == 5 {
			waves++
		}
		if c.who == last.who {
			repeated++
		}
		if is, matters := korean(c.text); matters && c.who.korean != is && inWave < 2 && !slices.ContainsFunc(first.show.acts, func(a act) bool { return slices.Contains(a.waves, c.text) }) {
			t.Errorf("%s says %q", c.who.name, c.text)
		}
		last = c
	}
	if mean := all / cues; mean < 600*time.Millisecond || mean > 1400*time.Millisecond {
		t.Errorf("one message in %v", mean)
	}
	if different < cues/2 {
		t.Errorf("another seed says the same: %d of %d differ", different, cues)
	}
	if hours := all.Hours(); float64(waves) < 8*hours || float64(waves) > 60*hours {
		t.Errorf("%d waves in %.1f hours", waves, hours)
	}
	if repeated > cues/50 {
		t.Errorf("%d times somebody spoke twice in a row", repeated)
	}
}

// TestTheMoodMoves: what the analyser reads of each act is what the act is about, so
// that there is something to see.
func TestTheMoodMoves(t *testing.T) {
	k := mustScript(t, 1)
	classifier := classify.NewStarter()
	shares := map[string]*[hubbub.Moods]float64{}
	for range 6000 {
		act := k.show.acts[k.act].name
		var reading classify.Reading
		classifier.Classify(k.next().text, &reading)
		if shares[act] == nil {
			shares[act] = new([hubbub.Moods]float64)
		}
		shares[act][reading.Mood]++
	}
	share := func(act string, mood hubbub.Mood) float64 {
		total := 0.0
		for _, n := range shares[act] {
			total += n
		}
		return shares[act][mood] / total
	}
	for act, s := range shares {
		t.Logf("%-12s %v", act, *s)
	}
	for act, mood := range map[string]hubbub.Mood{
		"the-fall": hubbub.Laughter, "no-sound": hubbub.Criticism, "the-top": hubbub.Praise, "questions": hubbub.Question, "the-guardian": hubbub.Advice,
	} {
		if got := share(act, mood); got < 0.25 {
			t.Errorf("%s is %v for %.0f %%", act, mood, 100*got)
		}
		for other := range shares {
			if mood != hubbub.Advice && other != act && other != "a-song" && other != "it-works" && share(other, mood) > share(act, mood) {
				t.Errorf("%s is more %v than %s", other, mood, act)
			}
		}
	}
}

// TestReadShowRefuses: a show that cannot be meant is noticed when it is read.
func TestReadShowRefuses(t *testing.T) {
	const end = "= * 0\no x\n"
	for why, text := range map[string]string{
		"nothing": "", "no general act": "= a 5 p1\np x\n= b 5 p1\np x\n", "a line outside of acts": "p x\n" + end,
		"an answer to nothing": "= a 5 p1\n> x\n" + end, "an unknown letter": "= a 5 p1\nz x\n" + end,
		"an act without seconds": "= a\n" + end, "an unknown mood": "= a 5 z1\n" + end, "a mix in words": "= a 5 pmany\n" + end,
		"an empty line of a mood": "= a 5 p1\np \n" + end,
	} {
		if s, err := readShow(text); err == nil {
			t.Errorf("%s: %+v", why, s)
		}
	}
}

// A stage is where a demo plays in a test: it notes what is posted.
type stage struct {
	mu      sync.Mutex
	stream  hubbub.Stream
	findErr error
	refuse  *hubbub.Error
	saveErr error
	stopped bool
	posts   []send.Post
	posted  chan struct{} // a token per post, as long as there is room
}

func newStage() *stage {
	return &stage{stream: hubbub.Stream{ID: Stream, Status: hubbub.StatusLive, Demo: true}, posted: make(chan struct{}, 1000)}
}

func (s *stage) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *stage) options() Options {
	return Options{
		Seed: 1, Pace: time.Millisecond,
		Post: func(_ context.Context, p send.Post) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.posts = append(s.posts, p)
			select {
			case s.posted <- struct{}{}:
			default:
			}
			p.Answer(send.Answer{Err: s.refuse})
		},
		Find: func(_ context.Context, id hubbub.StreamID) (hubbub.Stream, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.stream, s.findErr
		},
		Load: func() (bool, error) { return s.stopped, nil },
		Save: func(stopped bool) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.saveErr == nil {
				s.stopped = stopped
			}
			return s.saveErr
		},
	}
}

// play runs a demo until the test ends.
func (s *stage) play(t *testing.T) *Demo {
	t.Helper()
	d, err := New(s.options())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return d
}

func (s *stage) wait(t *testing.T, n int) {
	t.Helper()
	for range n {
		select {
		case <-s.posted:
		case <-time.After(30 * time.Second):
			t.Fatal("nobody says anything")
		}
	}
}

// quiet checks that nothing is said any more, but for what was under way.
func (s *stage) quiet(t *testing.T) {
	t.Helper()
	time.Sleep(50 * time.Millisecond) // of what was under way; the pace is 1 ms
	s.mu.Lock()
	before := len(s.posts)
	s.mu.Unlock()
	time.Sleep(100 * time.Millisecond)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.posts) - before; n > 0 {
		t.Errorf("%d more were said", n)
	}
}

// TestWhatIsPosted: all of it goes to the demo, by those who say that they are one.
func TestWhatIsPosted(t *testing.T) {
	s := newStage()
	s.play(t)
	s.wait(t, 200)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.posts {
		var body map[string]string
		err := json.Unmarshal(p.Body, &body)
		if err != nil || len(body) != 1 || body["content"] == "" || p.Stream != "demo" || p.Nonce != "" {
			t.Fatalf("%+v %s", p, p.Body)
		}
		if !strings.HasPrefix(string(p.Who.User), "demo-") || p.Who.Name == "" || !slices.Equal(p.Who.Roles, []string{"demo"}) {
			t.Fatalf("%+v", p.Who)
		}
	}
}

// TestNothingIsPosted where it must not be.
func TestNothingIsPosted(t *testing.T) {
	for why, change := range map[string]func(*stage){
		"the stream is somebody's":      func(s *stage) { s.stream.Demo = false },
		"the stream is another":         func(s *stage) { s.stream.ID = "1" },
		"the stream has ended":          func(s *stage) { s.stream.Status = hubbub.StatusEnded },
		"it is not known what there is": func(s *stage) { s.findErr = errors.New("down") },
		"the demo was stopped before":   func(s *stage) { s.stopped = true },
		"stopped, and somebody's":       func(s *stage) { s.stopped, s.stream.Demo = true, false },
	} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			s := newStage()
			change(s)
			s.play(t)
			s.quiet(t)
			s.mu.Lock()
			defer s.mu.Unlock()
			if len(s.posts) > 0 {
				t.Errorf("%d were said", len(s.posts))
			}
		})
	}
}

func TestStopAndStart(t *testing.T) {
	s := newStage()
	d := s.play(t)
	s.wait(t, 5)
	if err := d.SetRunning(false); err != nil || d.Running() || !s.stopped {
		t.Fatalf("stopped: %v, %v", err, d.Running())
	}
	s.quiet(t)
	if again := s.play(t); again.Running() { // as after a restart
		t.Error("a later one runs")
	}
	s.set(func() { s.saveErr = errors.New("the disk is full") })
	if err := d.SetRunning(true); err == nil || d.Running() {
		t.Errorf("it cannot be kept, and yet: %v, %v", err, d.Running())
	}
	s.set(func() { s.saveErr = nil })
	for len(s.posted) > 0 {
		<-s.posted
	}
	if err := d.SetRunning(true); err != nil || !d.Running() {
		t.Error(err)
	}
	s.wait(t, 5)
	s.set(func() { s.stream.Status = hubbub.StatusEnded })
	s.quiet(t)
}

// TestRefused: who is not let speak does not insist.
func TestRefused(t *testing.T) {
	s := newStage()
	s.refuse = &hubbub.Error{Code: hubbub.CodeChatOff, RetryAfter: time.Hour}
	s.play(t)
	s.wait(t, 1)
	s.quiet(t)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.posts) != 1 {
		t.Errorf("%d tries", len(s.posts))
	}
}
