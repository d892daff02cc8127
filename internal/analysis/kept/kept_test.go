package kept

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

var discard = slog.New(slog.DiscardHandler)

const (
	body  = `{"streamId":"a","totalCount":3,"through":"1.7","throughTime":"2026-01-01T00:00:59.000Z","age":12,"at":"2026-01-01T00:01:00.000Z"`
	hours = `,"byMinute":[{"at":"2026-01-01T00:00:00.000Z","messages":3,"counts":{"praise":2,"other":1}}]`
)

func result(value string) eventlog.Record {
	return eventlog.Record{Stream: "a", Version: 1, Value: []byte(value)}
}

func TestRead(t *testing.T) {
	r := result(body + hours + "}")
	got, err := read(&r)
	if err != nil || string(got.Value) != body+"}" || got.Through != (hubbub.Position{Epoch: 1, N: 7}) || !got.At.Equal(time.Date(2026, 1, 1, 0, 1, 0, 0, time.UTC)) {
		t.Errorf("%+v %s, %v", got, got.Value, err)
	}
	want := analysis.Minute{Number: uint64(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Unix()) / 60}
	want.Counts[hubbub.Praise], want.Counts[hubbub.Other] = 2, 1
	if !slices.Equal(got.Minutes, analysis.Minutes{want}) {
		t.Errorf("%+v", got.Minutes)
	}
	r = result(body + "}")
	if got, err = read(&r); err != nil || string(got.Value) != body+"}" || got.Minutes != nil {
		t.Errorf("without minutes: %+v, %v", got, err)
	}
	for _, bad := range []string{"", "[]", `{"through":"x"}`, `{"through":"1.1","byMinute":3}`} {
		r = result(bad)
		if _, err := read(&r); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

func TestAged(t *testing.T) {
	now := time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC)
	got := string(aged([]byte(body+"}"), 1500*time.Millisecond, now))
	if want := strings.Replace(strings.Replace(body, `"age":12`, `"age":1500`, 1), "00:01:00.000Z", "01:00:00.000Z", 1) + "}"; got != want {
		t.Errorf("%s\n%s", got, want)
	}
}

// A keptAll notes what it is given.
type keptAll struct {
	Store
	list []Result
}

func (k *keptAll) Keep(_ context.Context, list []Result) error {
	k.list = append(k.list, list...)
	return nil
}

// Of a batch each stream has one result: the newest, with the minutes of all.
func TestKeepsTheNewestOfABatch(t *testing.T) {
	older := strings.Replace(body, `"1.7"`, `"1.5"`, 1)
	next := strings.Replace(hours, "00:00:00", "00:01:00", 1)
	more := strings.Replace(hours, `"praise":2`, `"praise":5`, 1)
	other := result(body + "}")
	other.Stream = "b"
	batch := eventlog.Batch{Records: []eventlog.Record{
		result(body + hours + "}"), result(older + next + "}"), other, result(body[:len(body)-1] + `x"}`), result(older + more + "}"), result("no JSON"),
	}}
	store := &keptAll{}
	k := NewKeeper(nil, store, discard, nil)
	if err := k.keep(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	if len(store.list) != 2 || store.list[0].Through.N != 7 || string(store.list[0].Value) != body+"}" || len(store.list[0].Minutes) != 2 || store.list[0].Minutes[0].Counts[hubbub.Praise] != 5 {
		t.Errorf("%+v", store.list)
	}
}
