package host

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis/hostwire"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/summary"
)

// A Window is what is to be summed up: messages of one stream as they are in the archive,
// in order, none deleted.
type Window struct {
	Messages []Said `json:"messages"`
	Total    int    `json:"total"` // of the window; more than there are here if they are a sample
}

// A Said is a message in a window.
type Said struct {
	Position hubbub.Position `json:"position"`
	Time     int64           `json:"time"` // log time, ms
	Value    json.RawMessage `json:"value"`
}

// A Summed is the answer to a window.
type Summed struct {
	Sentences []summary.Sentence `json:"sentences"`
	Method    string             `json:"method"`
}

func (h *Host) summarise(body []byte) hostwire.Message {
	var window Window
	if err := json.Unmarshal(body, &window); err != nil {
		return &hostwire.Failure{Code: codeWindow, Sentence: fmt.Sprintf("cannot read the window: %v", err)}
	}
	in := summary.Input{Total: window.Total}
	for i := range window.Messages {
		m := &window.Messages[i]
		read := eventlog.Record{Kind: hubbub.KindMessage, Version: eventlog.Version, Value: m.Value, Position: m.Position, Time: time.UnixMilli(m.Time)}
		if said, ok := h.observer.Observe(&read); ok {
			in.Messages = append(in.Messages, summary.Message{
				ID: string(said.ID), Position: m.Position, Sender: h.observer.Sender(), Text: said.Text, Mood: said.Mood, Time: read.Time,
			})
		}
	}
	made := summary.Of(in)
	value, err := json.Marshal(Summed{Sentences: made.Sentences, Method: made.Method})
	if err != nil { // texts can be marshalled
		panic(err)
	}
	return &hostwire.Summing{Value: value}
}
