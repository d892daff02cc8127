package summariser

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"slices"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis/classify"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/summary"
)

// maxMessages bounds what a summary is made of. Of a larger window it is an even
// sample.
const maxMessages = 10_000

// A sample keeps up to maxMessages of the messages it is given: all, and when they
// get too many, those of every second hash, of every fourth and so on. Which ones
// depends on the messages alone, so a repeat takes the same.
type sample struct {
	total    int
	messages []summary.Message
	mask     uint32 // those are kept whose hash has none of these bits
}

func (s *sample) keeps(id string) bool { return hash(id)&s.mask == 0 }

// add adds a message that is there, and is read only if it is kept. What cannot be
// read is not counted, as far as anybody tried.
func (s *sample) add(id string, read func() (summary.Message, bool)) {
	if s.keeps(id) {
		m, ok := read()
		if !ok {
			return
		}
		s.messages = append(s.messages, m)
	}
	s.total++
	for len(s.messages) > maxMessages {
		s.mask = s.mask<<1 | 1
		s.messages = slices.DeleteFunc(s.messages, func(m summary.Message) bool { return !s.keeps(m.ID) })
		if s.mask == ^uint32(0) { // one id again and again
			s.messages = s.messages[:min(len(s.messages), maxMessages)]
		}
	}
}

func hash(id string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // never fails
	return h.Sum32()
}

// window reads what was said in a stream after from, through a position, as far as
// everybody may see it, and reads the mood of what is kept of it.
func (s *Summariser) window(ctx context.Context, stream hubbub.StreamID, from, through hubbub.Position) (summary.Input, error) {
	kind := hubbub.KindMessage
	var kept sample
	q := archive.Query{Stream: stream, After: from, Forward: true, Kind: &kind, Limit: archive.MaxLimit}
	for more := true; more; {
		page, err := s.o.Archive.Page(ctx, q)
		if err != nil {
			return summary.Input{}, err
		}
		more = len(page) == q.Limit
		for i := range page {
			e := &page[i]
			if through.Before(e.Position) {
				more = false
				break
			}
			if !e.Withheld && !e.Erased && e.ID != "" && e.Version <= eventlog.Version {
				kept.add(string(e.ID), func() (summary.Message, bool) { return said(e) })
			}
		}
		if more {
			q.After = page[len(page)-1].Position
		}
	}
	var reading classify.Reading
	for i := range kept.messages {
		m := &kept.messages[i]
		s.o.Classifier.Classify(m.Text, &reading)
		m.Mood = reading.Mood
	}
	return summary.Input{Messages: kept.messages, Total: kept.total}, nil
}

// said reads the message of an entry; ok is false if it is none.
func said(e *archive.Entry) (m summary.Message, ok bool) {
	var value struct {
		Sender struct {
			ID hubbub.UserID `json:"id"`
		} `json:"sender"`
		Content string `json:"content"`
	}
	if json.Unmarshal(e.Value, &value) != nil {
		return m, false
	}
	return summary.Message{
		ID: string(e.ID), Position: e.Position, Sender: value.Sender.ID, Text: value.Content, Time: e.Time,
	}, true
}
