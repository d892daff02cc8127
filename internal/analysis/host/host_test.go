package host_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub/internal/analysis/classify"
	"github.com/hubbub-live/hubbub/internal/analysis/host"
	"github.com/hubbub-live/hubbub/internal/analysis/hostwire"
)

// A talk is a host that runs, and its other end.
type talk struct {
	t   *testing.T
	to  *io.PipeWriter
	in  *hostwire.Reader
	end chan error
}

func start(t *testing.T) *talk {
	requests, to := io.Pipe()
	from, answers := io.Pipe()
	s := &talk{t: t, to: to, in: hostwire.NewReader(from), end: make(chan error, 1)}
	h := host.New(host.Options{Program: "test", Epoch: 1, Classifier: classify.NewStarter()})
	go func() {
		err := h.Serve(requests, answers)
		s.end <- errors.Join(err, answers.Close(), requests.Close())
	}()
	t.Cleanup(func() {
		if err := errors.Join(to.Close(), <-s.end); err != nil {
			t.Error(err)
		}
	})
	return s
}

// ask sends a request and reads the answer into one of its own.
func (s *talk) ask(request, answer hostwire.Message) {
	s.t.Helper()
	frame, err := hostwire.Append(nil, request)
	if err == nil {
		_, err = s.to.Write(frame)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	kind, body, err := s.in.Next()
	if err != nil || kind != answer.Kind() {
		s.t.Fatalf("answered %c %q, %v; want %c", kind, body, err, answer.Kind())
	}
	if err := hostwire.Read(bytes.Clone(body), answer); err != nil {
		s.t.Fatal(err)
	}
}

// tallied are the partials of a batch, by room.
func (s *talk) tallied(records []hostwire.Record) map[string][][]byte {
	var tallies hostwire.Tallies
	s.ask(&hostwire.Batch{Records: records}, &tallies)
	partials := map[string][][]byte{}
	for _, p := range tallies.Partials {
		partials[string(p.Key)] = append(partials[string(p.Key)], p.Tally)
	}
	return partials
}

func (s *talk) merged(key string, state []byte, p hostwire.Progress, partials [][]byte) hostwire.Outcome {
	var merger hostwire.Merger
	s.ask(&hostwire.Merging{Rooms: []hostwire.Room{{Key: []byte(key), State: state, Progress: p, Partials: partials}}}, &merger)
	return merger.Outcomes[0]
}

func TestHello(t *testing.T) {
	s := start(t)
	var is hostwire.Introduction
	s.ask(&hostwire.Greeting{Protocol: 99}, &is)
	if want := host.SelfTest(classify.NewStarter()); is.Protocol != 1 || is.Program != "test" || is.SelfTest != want {
		t.Errorf("it says %+v", is)
	}
}

func TestTally(t *testing.T) {
	s := start(t)
	batch := host.GoldenBatch()
	var tallies hostwire.Tallies
	s.ask(&batch, &tallies)
	messages := uint32(0)
	for _, p := range tallies.Partials {
		messages += p.Messages
	}
	if len(tallies.Partials) != 3 || messages != 296 || tallies.Skipped != 4 || tallies.Foreign != 2 {
		t.Errorf("%d partials of %d messages, %d skipped, %d of them foreign", len(tallies.Partials), messages, tallies.Skipped, tallies.Foreign)
	}
}

// However a log is split and in whatever order its shares come, the state and the result
// are the same once all of it is there.
func TestAnySplitIsTheSame(t *testing.T) {
	s := start(t)
	batch := host.GoldenBatch().Records
	whole := s.tallied(batch)
	for _, seed := range []uint64{1, 2, 3} {
		random := rand.New(rand.NewPCG(seed, 0))
		const workers = 5
		shares := make([][]hostwire.Record, workers)
		for _, r := range batch {
			to := random.IntN(workers)
			shares[to] = append(shares[to], r)
		}
		states := map[string][]byte{}
		order := random.Perm(2 * workers)
		progress := host.GoldenProgress
		progress.Through, progress.ThroughTime = -1, 0 // not all is there
		for _, n := range order {
			share := shares[n/2]
			half := share[:len(share)/2]
			if n%2 == 1 {
				half = share[len(share)/2:]
			}
			for key, partials := range s.tallied(half) {
				states[key] = s.merged(key, states[key], progress, partials).State
			}
		}
		for key, partials := range whole {
			want := s.merged(key, nil, host.GoldenProgress, partials)
			got := s.merged(key, states[key], host.GoldenProgress, nil)
			if !reflect.DeepEqual(got.Outputs[0], want.Outputs[0]) {
				t.Errorf("seed %d, %s:\n%s\n%s", seed, key, got.Outputs[0].Value, want.Outputs[0].Value)
			}
		}
	}
}

func TestOutputs(t *testing.T) {
	s := start(t)
	first := s.merged("room-1", nil, host.GoldenProgress, s.tallied(host.GoldenBatch().Records)["room-1"])
	var result struct {
		StreamID string
		Through  string
		Age      int
		Total    int `json:"totalCount"`
		ByMinute []struct{ At string }
	}
	if err := json.Unmarshal(first.Outputs[0].Value, &result); err != nil {
		t.Fatal(err)
	}
	if result.StreamID != "room-1" || result.Through != "1.300" || result.Age != 0 || len(result.ByMinute) != 3 || result.Total < 100 {
		t.Errorf("%+v", result)
	}
	if len(first.Outputs) != 2 || first.Outputs[1].Topic != hostwire.SummaryRequests || !strings.Contains(string(first.Outputs[1].Value), `"through":"1.300"`) {
		t.Errorf("%d outputs: a room with 100 new messages is to be summed up", len(first.Outputs))
	}
	if slides := host.GoldenProgress.Now + 60_000; first.Due <= host.GoldenProgress.Now || first.Due > slides {
		t.Errorf("its window slides at %d", first.Due)
	}
	// What was said once is not said again, and an hour later there is nothing more to say.
	later := host.GoldenProgress
	later.Now += time.Hour.Milliseconds()
	second := s.merged("room-1", first.State, later, nil)
	if len(second.Outputs) != 1 || strings.Count(string(second.Outputs[0].Value), `{"at"`) != 1 || second.Due != 0 {
		t.Errorf("%d outputs, due %d: %s", len(second.Outputs), second.Due, second.Outputs[0].Value)
	}
}

func TestRefusals(t *testing.T) {
	s := start(t)
	for _, c := range []struct {
		why     string
		request hostwire.Message
		code    string
	}{
		{"a newer state", &hostwire.Merging{Rooms: []hostwire.Room{{Key: []byte("a"), State: []byte{9}}}}, "host_state_newer"},
		{"a state that is none", &hostwire.Merging{Rooms: []hostwire.Room{{Key: []byte("a"), State: []byte("nonsense")}}}, "host_state_newer"},
		{"a torn state", &hostwire.Merging{Rooms: []hostwire.Room{{Key: []byte("a"), State: []byte{1, 0}}}}, "host_state_damaged"},
		{"a partial that is none", &hostwire.Merging{Rooms: []hostwire.Room{{Key: []byte("a"), Partials: [][]byte{{4, 4}}}}}, "host_state_damaged"},
		{"a window that is none", &hostwire.Window{Value: []byte("[")}, "host_window_invalid"},
	} {
		var failure hostwire.Failure
		s.ask(c.request, &failure)
		if failure.Code != c.code || failure.Sentence == "" {
			t.Errorf("%s: %+v", c.why, failure)
		}
	}
	s.ask(&hostwire.Greeting{}, &hostwire.Introduction{}) // it goes on
}

func TestWhatIsNoRequestEndsIt(t *testing.T) {
	h := host.New(host.Options{Classifier: classify.NewStarter()})
	for why, in := range map[string]string{
		"a kind that is none": "\x00\x00\x00\x01?", "an answer": "\x00\x00\x00\x01h", "a torn frame": "\x00\x00\x00\x09T\x00", "HTTP": "GET / HTTP/1.1\r\n\r\n",
		"a batch of more than there is": "\x00\x00\x00\x05T\xff\xff\xff\xff",
	} {
		if err := h.Serve(strings.NewReader(in), io.Discard); err == nil {
			t.Errorf("%s is answered", why)
		}
	}
}

func TestSummarise(t *testing.T) {
	s := start(t)
	var window host.Window
	for _, r := range host.GoldenBatch().Records {
		if string(r.Key) == "room-2" && len(r.Headers) == 1 {
			window.Messages = append(window.Messages, host.Said{Time: r.Time, Value: json.RawMessage(r.Value)})
		}
	}
	window.Total = len(window.Messages)
	value, err := json.Marshal(window)
	if err != nil {
		t.Fatal(err)
	}
	var answer hostwire.Summing
	s.ask(&hostwire.Window{Value: value}, &answer)
	var summed host.Summed
	if err := json.Unmarshal(answer.Value, &summed); err != nil || len(summed.Sentences) == 0 || len(summed.Sentences[0].MessageIDs) == 0 {
		t.Errorf("%s, %v", answer.Value, err)
	}
}

// BenchmarkTally is a host's work on batches as an engine gives them, without its pipe.
func BenchmarkTally(b *testing.B) {
	batch := host.GoldenBatch()
	frame, err := hostwire.Append(nil, &batch)
	if err != nil {
		b.Fatal(err)
	}
	h := host.New(host.Options{Epoch: 1, Classifier: classify.NewStarter()})
	in := bytes.NewReader(frame)
	b.ReportAllocs()
	for b.Loop() {
		in.Reset(frame)
		if err := h.Serve(in, io.Discard); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/300, "ns/message")
}
