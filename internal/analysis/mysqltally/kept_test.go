package mysqltally

import (
	"slices"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/analysis/kept"
)

func TestKept(t *testing.T) {
	s := openStore(t)
	if _, ok, err := s.Kept(t.Context(), "a"); ok || err != nil {
		t.Errorf("before there is any: %v, %v", ok, err)
	}
	at := func(n uint64, second int, value string, minutes ...analysis.Minute) kept.Result {
		return kept.Result{
			Stream: "a", Through: hubbub.Position{Epoch: 2, N: n}, At: time.Unix(int64(second), 0).UTC(), Value: []byte(value), Minutes: minutes,
		}
	}
	minute := func(number, praise uint64) analysis.Minute {
		return analysis.Minute{Number: number, Counts: analysis.Counts{praise}}
	}
	for _, step := range []struct {
		why  string
		give kept.Result
		want string
	}{
		{"the first", at(5, 5, "five", minute(1, 5), minute(2, 1)), "five"},
		{"an older one, as after a restart of the engine", at(4, 6, "four", minute(1, 4), minute(2, 7)), "five"},
		{"the same, made later", at(5, 9, "five again"), "five again"},
		{"the same, made earlier", at(5, 8, "no"), "five again"},
		{"a newer one, made by a clock that went back", at(6, 7, "six"), "six"},
		{"one of an epoch before", kept.Result{Stream: "a", Through: hubbub.Position{Epoch: 1, N: 99}, At: time.Unix(99, 0), Value: []byte("no")}, "six"},
		{"one of the next epoch", kept.Result{Stream: "a", Through: hubbub.Position{Epoch: 3, N: 1}, At: time.Unix(1, 0), Value: []byte("anew")}, "anew"},
	} {
		other := step.give
		other.Stream = "b"
		if err := s.Keep(t.Context(), []kept.Result{step.give, other}); err != nil {
			t.Fatal(err)
		}
		got, ok, err := s.Kept(t.Context(), "a")
		if err != nil || !ok || string(got.Value) != step.want {
			t.Errorf("%s: it has %s, %v, %v, want %s", step.why, got.Value, ok, err, step.want)
		}
	}
	got, err := s.KeptMinutes(t.Context(), "a", 1, 3)
	if want := (analysis.Minutes{minute(1, 5), minute(2, 7)}); err != nil || !slices.Equal(got, want) {
		t.Errorf("its minutes are %v, %v", got, err)
	}
	if err := s.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.Kept(t.Context(), "b"); ok || err != nil {
		t.Errorf("after Clear: %v, %v", ok, err)
	}
}
