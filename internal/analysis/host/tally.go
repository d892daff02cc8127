package host

import (
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/analysis/hostwire"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// shares are the rooms of a batch, in the order in which they came.
type shares struct {
	of     map[string]*share
	order  []*share
	octets []byte // of their tallies
}

// A share is what a batch has of a room.
type share struct {
	partial hostwire.Partial
	tally   analysis.Tally
}

// get returns the share of a record's room.
func (s *shares) get(r *hostwire.Record) *share {
	if known, ok := s.of[string(r.Key)]; ok {
		return known
	}
	made := &share{partial: hostwire.Partial{Key: r.Key, Partition: r.Partition}}
	s.of[string(r.Key)] = made
	s.order = append(s.order, made)
	return made
}

// take gives all shares' partials, and has none from then on.
func (s *shares) take(dst []hostwire.Partial) []hostwire.Partial {
	s.octets = s.octets[:0]
	for _, one := range s.order {
		start := len(s.octets)
		s.octets = one.tally.AppendState(s.octets) // what was there may move, and stays as it is
		one.partial.Tally = s.octets[start:len(s.octets):len(s.octets)]
		dst = append(dst, one.partial)
	}
	clear(s.order)
	s.order = s.order[:0]
	clear(s.of)
	return dst
}

// tally counts the batch that was read.
func (h *Host) tally() *hostwire.Tallies {
	h.tallies = hostwire.Tallies{Partials: h.tallies.Partials[:0]}
	for i := range h.batch.Records {
		h.count(&h.batch.Records[i])
	}
	h.tallies.Partials = h.shares.take(h.tallies.Partials)
	return &h.tallies
}

func (h *Host) count(from *hostwire.Record) {
	r := eventlog.Record{
		Stream: hubbub.StreamID(from.Key), Kind: hubbub.KindMessage, Version: 1, Value: from.Value,
		Position: h.position(from.Offset), Time: time.UnixMilli(from.Time),
	}
	for _, header := range from.Headers {
		r.ReadHeader(header.Key, header.Value)
	}
	r.Foreign = r.ForeignTo(eventlog.RawChats)
	said, ok := h.observer.Observe(&r)
	if !ok {
		h.tallies.Skipped++
		if r.Foreign != nil {
			h.tallies.Foreign++
		}
		return
	}
	into := h.shares.get(from)
	into.tally.Add(said)
	into.partial.Messages++
	into.partial.Last = from.Offset
}
