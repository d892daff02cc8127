package measure

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestParse(t *testing.T) {
	const text = `# HELP hubbub_sends_total SEND frames by result and code.
# TYPE hubbub_sends_total counter
hubbub_sends_total{code="",result="acked"} 75000
hubbub_sends_total{code="a b\" } 7",result="refused"} 1.5e+06 1700000000000
hubbub_archiver_batch_seconds_bucket{le="0.1"} 3
hubbub_archiver_batch_seconds_sum 0.25
process_cpu_seconds_total 12.5
go_goroutines 99
`
	got, err := parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{
		`hubbub_sends_total{code="",result="acked"}`:            75000,
		`hubbub_sends_total{code="a b\" } 7",result="refused"}`: 1.5e6,
		`hubbub_archiver_batch_seconds_sum`:                     0.25,
		`process_cpu_seconds_total`:                             12.5,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if _, err := parse(strings.NewReader("hubbub_x many")); err == nil {
		t.Error("a series without a number was read")
	}
}

func TestParseNeverPanics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, _ = parse(strings.NewReader("hubbub_" + rapid.String().Draw(t, "text")))
	})
}

func TestScrapeSaysWhatFailed(t *testing.T) {
	good := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "hubbub_connections 3") }))
	defer good.Close()
	bad := httptest.NewServer(http.NotFoundHandler())
	defer bad.Close()
	s := NewScraper([]string{good.URL, bad.URL, "http://127.0.0.1:1/metrics"})
	defer s.Close()
	got := s.Scrape(t.Context())
	if got[0].Values["hubbub_connections"] != 3 || got[0].Error != "" {
		t.Errorf("a good one: %+v", got[0])
	}
	for _, p := range got[1:] {
		if p.Error == "" || p.Values != nil {
			t.Errorf("a bad one: %+v", p)
		}
	}
}

// history plays the API of a room with messages at the odd positions to most.
func history(t *testing.T, most uint64) *API {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/streams/7/messages", func(w http.ResponseWriter, r *http.Request) {
		limit, _ := strconv.Atoi(r.FormValue("limit"))
		after, err := hubbub.ParsePosition(r.FormValue("after"))
		if err != nil {
			t.Error(err)
		}
		first := uint64(1)
		if after.Epoch == 1 {
			first = after.N + 1 | 1
		} else if r.FormValue("after") == "" {
			first = most + 1 - 2*uint64(limit) | 1
		}
		var found []string
		for n := first; n <= most && len(found) < limit; n += 2 {
			found = append(found, fmt.Sprintf(`{"id":"m%d","position":"1.%d","nonce":"t.0.%d"}`, n, n, n))
			after = hubbub.Position{Epoch: 1, N: n}
		}
		fmt.Fprintf(w, `{"messages":[%s],"after":%q}`, strings.Join(found, ","), after.String())
	})
	mux.HandleFunc("GET /api/v1/streams/7/analysis", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"totalCount":12}`) })
	mux.HandleFunc("POST /api/v1/users/guest", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"accessToken":"abc"}`) })
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"code":"stream_not_found","detail":"there is none"}`)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	api := NewAPI(server.URL)
	t.Cleanup(api.Close)
	return api
}

func TestLogIsPagedWhole(t *testing.T) {
	for _, most := range []uint64{0, 1, 399, 401, 1999} {
		api := history(t, most)
		log, err := api.Log(t.Context(), "7", hubbub.Position{})
		if err != nil {
			t.Fatal(err)
		}
		if want := int(most+1) / 2; len(log) != want {
			t.Errorf("%d messages, want %d", len(log), want)
		}
		newest, err := api.Newest(t.Context(), "7")
		if err != nil || newest.N != most {
			t.Errorf("newest %s, %v, want %d", newest, err, most)
		}
		if len(log) > 1 {
			rest, err := api.Log(t.Context(), "7", log[0].Position)
			if err != nil || len(rest) != len(log)-1 || rest[0] != log[1] {
				t.Errorf("after the first: %d, %v", len(rest), err)
			}
		}
	}
}

func TestAPI(t *testing.T) {
	api := history(t, 0)
	if n, err := api.Analysed(t.Context(), "7"); err != nil || n != 12 {
		t.Errorf("analysed %d, %v", n, err)
	}
	if token, err := api.Guest(t.Context(), "Mina"); err != nil || token != "abc" {
		t.Errorf("guest %q, %v", token, err)
	}
	if _, err := api.Analysed(context.Background(), "8"); hubbub.AsError(err).Code != hubbub.CodeStreamNotFound {
		t.Errorf("an unknown stream: %v", err)
	}
}

func TestSelf(t *testing.T) {
	if cpu, memory := Self(); cpu <= 0 || memory <= 0 {
		t.Errorf("got %v s, %v bytes", cpu, memory)
	}
	if h := Host(); h.Cores < 1 || h.OS == "" {
		t.Errorf("got %+v", h)
	}
}

func TestMachine(t *testing.T) {
	used, stolen, ok := readStat("cpu  100 200 300 9000 50 25 75 40 0 0")
	if used != 7 || stolen != 0.4 || !ok {
		t.Errorf("got %v, %v, %v", used, stolen, ok)
	}
	for _, line := range []string{"", "cpu 1 2 3", "intr 1 2 3 4 5 6 7 8", "cpu a b c d e f g h"} {
		if _, _, ok := readStat(line); ok {
			t.Errorf("%q was read", line)
		}
	}
}

func TestYardstick(t *testing.T) {
	y, err := NewYardstick()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- y.Run(ctx) }()
	for y.Total().Strokes < 2 {
		select {
		case err := <-ended:
			t.Fatalf("it ended: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("told to stop: %v", err)
	}
	// A write of a batch takes more than a microsecond anywhere.
	if got := y.Total(); got.CPU < float64(got.Strokes*strokePairs)*1e-6 {
		t.Errorf("%+v: too little for that work", got)
	}
	if _, err := y.pairs[0][0].Write([]byte{1}); err == nil {
		t.Error("its connections are still open")
	}
}

func TestYardstickBreaks(t *testing.T) {
	y, err := NewYardstick()
	if err != nil {
		t.Fatal(err)
	}
	_ = y.pairs[3][1].Close()
	if err := y.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "machine's speed") || y.Total() != nil {
		t.Errorf("a connection that breaks: %v, %+v", err, y.Total())
	}
}
