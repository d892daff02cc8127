// Package kept keeps what an engine publishes of rooms, for who asks for it: the newest
// result of each, and its minutes. It counts nothing.
package kept

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// Minutes is [analysis.Minutes].
type Minutes = analysis.Minutes

// A Result is one of topic analysis-result.
type Result struct {
	Stream  hubbub.StreamID
	Through hubbub.Position
	At      time.Time
	Value   []byte  // as it was published, without its minutes
	Minutes Minutes // those that changed, with all that is counted of each
}

// A Store keeps results. What Keep stored is durable. All methods may be called
// concurrently.
type Store interface {
	// Keep keeps results, each unless a newer one of its stream is kept, and of each
	// minute the counts, unless higher ones are. They are not retained.
	Keep(ctx context.Context, list []Result) error
	// Kept returns the newest result of a stream, without minutes; ok is false if there
	// is none.
	Kept(ctx context.Context, stream hubbub.StreamID) (r Result, ok bool, err error)
	// KeptMinutes returns minutes with numbers from first up to, but not with, end,
	// oldest first.
	KeptMinutes(ctx context.Context, stream hubbub.StreamID, first, end uint64) (Minutes, error)
}

// The end of a result is its age and when it was made, and behind that its minutes.
var (
	ageKey    = []byte(`,"age":`)
	minuteKey = []byte(`,"byMinute":`)
)

// read reads a record of analysis-result; what it returns shares the record's memory.
func read(r *eventlog.Record) (Result, error) {
	var of struct {
		Through  string    `json:"through"`
		At       time.Time `json:"at"`
		ByMinute []struct {
			At     time.Time         `json:"at"`
			Counts map[string]uint64 `json:"counts"`
		} `json:"byMinute"`
	}
	if err := json.Unmarshal(r.Value, &of); err != nil {
		return Result{}, fmt.Errorf("read a result: %w", err)
	}
	result := Result{Stream: r.Stream, At: of.At, Value: r.Value}
	var err error
	if result.Through, err = hubbub.ParsePosition(of.Through); err != nil {
		return Result{}, fmt.Errorf("read a result: %w", err)
	}
	for _, m := range of.ByMinute {
		minute := analysis.Minute{Number: analysis.FirstMinute(m.At)}
		for mood := range hubbub.Mood(hubbub.Moods) {
			minute.Counts[mood] = m.Counts[mood.String()]
		}
		result.Minutes = append(result.Minutes, minute)
	}
	if i := bytes.LastIndex(r.Value, minuteKey); i >= 0 && len(of.ByMinute) > 0 {
		result.Value = append(bytes.Clone(r.Value[:i]), '}')
	}
	return result, nil
}

// aged is a result as of now, with another age.
func aged(value []byte, age time.Duration, now time.Time) []byte {
	i := bytes.LastIndex(value, ageKey)
	if i < 0 {
		return value
	}
	value = fmt.Appendf(bytes.Clone(value[:i]), `%s%d,"at":"`, ageKey, max(age, 0).Milliseconds())
	return append(now.UTC().AppendFormat(value, hubbub.TimeLayout), `"}`...)
}
