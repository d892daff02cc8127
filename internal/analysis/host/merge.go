package host

import (
	"fmt"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/analysis/hostwire"
	"github.com/hubbub-live/hubbub/internal/summary"
)

const (
	// wholeMinutes is how many minutes a result brings at most: more of a backlog come
	// with the next.
	wholeMinutes = 500
	// behindAgain is when a room is looked at again whose window does not slide yet,
	// because the log is not read up to there.
	behindAgain = 5 * time.Second
)

// mergeAll merges the rooms that were read.
func (h *Host) mergeAll() hostwire.Message {
	outcomes := h.merger.Outcomes[:0]
	for i := range h.merging.Rooms {
		outcome, err := h.merge(&h.merging.Rooms[i])
		if err != nil {
			return failure(h.merging.Rooms[i].Key, err)
		}
		outcomes = append(outcomes, outcome)
	}
	h.merger.Outcomes = outcomes
	return &h.merger
}

// merge adds a room's partials to its state, and says what is new.
func (h *Host) merge(r *hostwire.Room) (hostwire.Outcome, error) {
	s, err := decodeState(r.State)
	if err != nil {
		return hostwire.Outcome{}, err
	}
	for _, partial := range r.Partials {
		share, err := analysis.DecodeState(partial)
		if err != nil {
			return hostwire.Outcome{}, fmt.Errorf("a partial: %w", err)
		}
		s.tally.Merge(share)
	}
	stream, now := hubbub.StreamID(r.Key), time.UnixMilli(r.Progress.Now)
	progress := h.progress(&r.Progress)
	if progress.Through.N > 0 {
		s.tally.SettleBefore(progress.ThroughTime)
	}
	out := hostwire.Outcome{Due: due(s.tally, progress, now)}
	value := s.tally.AppendResult(nil, stream, progress, now)
	whole := s.tally.TakeWhole(progress.ThroughTime, wholeMinutes)
	if len(whole) == wholeMinutes { // there are more
		out.Due = r.Progress.Now
	} else {
		whole.Merge(s.tally.Minutes())
	}
	if len(whole) > 0 {
		value = append(whole.AppendJSON(append(value[:len(value)-1], `,"byMinute":`...)), '}')
	}
	out.Outputs = append(out.Outputs, hostwire.Output{Topic: hostwire.AnalysisResult, Value: value})
	if through, asks := s.asks(progress, now); asks {
		request := summary.Request{StreamID: stream, Through: through, Reason: summary.ReasonMessages}
		out.Outputs = append(out.Outputs, hostwire.Output{Topic: hostwire.SummaryRequests, Value: request.Value()})
	}
	out.State = s.appendTo(nil)
	return out, nil
}

func (h *Host) progress(p *hostwire.Progress) analysis.Progress {
	return analysis.Progress{
		Through: h.position(p.Through), ThroughTime: time.UnixMilli(max(p.ThroughTime, 0)),
		End: h.position(p.End), EndTime: time.UnixMilli(max(p.EndTime, 0)),
	}
}

// position is that of the record at an offset; before the first it is zero.
func (h *Host) position(offset int64) hubbub.Position {
	if offset < 0 {
		return hubbub.Position{}
	}
	return hubbub.Position{Epoch: h.o.Epoch, N: uint64(offset) + 1}
}

// due is when a room is to be looked at again though nothing comes; 0: never.
func due(t *analysis.Tally, p analysis.Progress, now time.Time) int64 {
	next, slides := t.Slides(p.Present(now))
	switch {
	case !slides:
		return 0
	case next.After(now):
		return next.UnixMilli()
	default:
		return now.Add(behindAgain).UnixMilli()
	}
}

// asks says whether the room is to be summed up, and through where: 100 messages and 30
// seconds after the last time, of what is wholly counted.
func (s *state) asks(p analysis.Progress, now time.Time) (through hubbub.Position, asks bool) {
	counts := s.tally.Counts()
	total := counts.Total()
	if p.Through.N == 0 || total < s.summed+summary.EveryMessages || now.UnixMilli() < int64(s.rest) { //nolint:gosec // was ms
		return hubbub.Position{}, false
	}
	s.summed, s.rest = total, uint64(now.Add(summary.Every).UnixMilli()) //nolint:gosec // not before 1970
	return p.Through, true
}
