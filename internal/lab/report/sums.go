package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

// sums are the accounts of all rooms and viewers together.
type sums struct {
	due, sent, acked, refused, unknown                      int64
	logged, twice, foreign, ackedLost, invented, analysed   int64
	expected, delivered, skipped, missing, unbalanced, lost int64
	duplicates, reordered, stray, breaks, gaps              int64
	byCode                                                  map[string]int
}

func add(run *raw.Run) sums {
	s := sums{byCode: map[string]int{}}
	for _, r := range run.Rooms {
		s.due += int64(r.Due)
		s.sent += int64(r.Sent)
		s.acked += int64(r.Acked)
		s.unknown += int64(r.Unknown)
		s.logged += int64(r.Logged + r.LoggedTwice)
		s.twice += int64(r.LoggedTwice)
		s.foreign += int64(r.Foreign)
		s.ackedLost += int64(r.AckedLost)
		s.invented += int64(r.Invented)
		s.analysed += r.AnalysedAfter - r.AnalysedBefore
		for code, n := range r.Refused {
			s.refused += int64(n)
			s.byCode[code] += n
		}
	}
	for _, v := range run.Viewers {
		s.expected += v.Expected
		s.delivered += v.Delivered
		s.skipped += v.Skipped
		s.missing += v.Missing
		s.duplicates += v.Duplicates
		s.reordered += v.Reordered
		s.stray += v.Stray
		s.breaks += v.Breaks
		s.gaps += v.Gaps
		if v.Lost != "" {
			s.lost++
		} else if v.Delivered+v.Skipped != v.Expected {
			s.unbalanced++
		}
	}
	return s
}

func (s sums) codes() string {
	var parts []string
	for _, code := range slices.Sorted(maps.Keys(s.byCode)) {
		parts = append(parts, fmt.Sprintf("%s (%d)", code, s.byCode[code]))
	}
	return strings.Join(parts, ", ")
}
