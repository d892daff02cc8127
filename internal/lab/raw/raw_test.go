package raw

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/hubbub-live/hubbub"
)

func write(t *testing.T, run *Run) string {
	t.Helper()
	var text bytes.Buffer
	w := NewWriter(&text, run.Header)
	for _, p := range run.Phases {
		w.Phase(p)
	}
	for _, s := range run.Samples {
		w.Sample(s)
	}
	for _, r := range run.Rooms {
		w.Room(r)
	}
	for _, v := range run.Viewers {
		w.Viewer(v)
	}
	if err := w.End(run.End); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func sample() *Run {
	return &Run{
		Header:  Header{Version: Version, Tag: "t", Program: "1"},
		Phases:  []Phase{{PhaseSteady, 1.5}},
		Samples: []Sample{{At: 2, Processes: []Process{{URL: "u", Values: map[string]float64{"a": 1}}, {URL: "v", Error: "gone"}}}},
		Rooms:   []Room{{Stream: "1", Refused: map[string]int{"rate_limited": 2}, AnalysedAfter: -1}},
		Viewers: []Viewer{{Client: 3, Stream: "1", Start: hubbub.Position{Epoch: 1, N: 2}, Lost: "cut"}},
		End:     End{Interrupted: "so", InTime: 5},
	}
}

func TestReadBack(t *testing.T) {
	want := sample()
	text := write(t, want)
	got, err := Read(strings.NewReader(text + `{"kind":"novelty","value":{}}` + "\n" + text[strings.LastIndex(text[:len(text)-1], "\n")+1:]))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// A file that was broken off anywhere must not be taken for a whole one.
func TestBrokenOff(t *testing.T) {
	text := write(t, sample())
	end := strings.LastIndex(text[:len(text)-1], "\n") + 1
	if _, err := Read(strings.NewReader(text[:end])); !errors.Is(err, ErrBrokenOff) {
		t.Errorf("without its last line: %v", err)
	}
	for cut := range text[:len(text)-1] {
		if _, err := Read(strings.NewReader(text[:cut])); err == nil {
			t.Fatalf("%d of %d bytes were taken for a whole file", cut, len(text))
		}
	}
}

func TestAnotherVersion(t *testing.T) {
	text := strings.Replace(write(t, sample()), `"version":1`, `"version":2`, 1)
	if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("got %v", err)
	}
}

func TestMetrics(t *testing.T) {
	s := Sample{Processes: []Process{
		{Values: map[string]float64{`hubbub_consumer_lag{consumer="b",partition="1"}`: 1, `hubbub_consumer_lag{consumer="b",partition="2"}`: 2, `hubbub_x`: 9}},
		{Values: map[string]float64{`hubbub_consumer_lag{consumer="b",partition="1"}`: 4, `hubbub_consumer_lag{consumer="a"}`: 0, `hubbub_consumer_lag_seconds{consumer="z"}`: 7}},
	}}
	if got, want := s.Lags(), []Lag{{"a", 0}, {"b", 6}}; !reflect.DeepEqual(got, want) {
		t.Errorf("lags %v, want %v", got, want)
	}
	if total, ok := s.Total("hubbub_consumer_lag", `consumer="b"`, `partition="1"`); total != 4 || !ok { // all processes say the same
		t.Errorf("total %v, %v", total, ok)
	}
	s.Processes[1].Values["hubbub_x"] = 3
	if total, ok := s.Total("hubbub_x"); total != 12 || !ok { // each has its own
		t.Errorf("total %v, %v", total, ok)
	}
	if _, ok := s.Total("hubbub_none"); ok {
		t.Error("a metric that there is not")
	}
}
