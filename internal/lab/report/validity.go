package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

// What makes a run valid, beside its books.
const (
	leastSteady     = 60 * time.Second
	LeastComparable = 300 * time.Second // what a comparison needs
	leastInTime     = 0.99              // share of the messages written within 20 ms of their instant
	clocksApart     = 2.0               // seconds; a clock that is less wrong is as good as any
	busyMachine     = 0.1               // share of the cores from which on others are worth a remark
)

// judge lists why a run supports no claim, the gravest first, and what else is to
// be known.
func judge(run *raw.Run, w window) (reasons, remarks []string) {
	j := &verdict{run: run, sum: add(run)}
	j.course(w)
	j.processes()
	j.replicas(w)
	j.log()
	j.viewers()
	j.readers()
	return j.reasons, j.remarks
}

type verdict struct {
	run              *raw.Run
	sum              sums
	reasons, remarks []string
}

// bad and note add a line if count is not 0.
func (j *verdict) bad(count int64, format string, args ...any) {
	if count != 0 {
		j.reasons = append(j.reasons, fmt.Sprintf(format, args...))
	}
}

func (j *verdict) note(count int64, format string, args ...any) {
	if count != 0 {
		j.remarks = append(j.remarks, fmt.Sprintf(format, args...))
	}
}

// course: did the load happen as planned?
func (j *verdict) course(w window) {
	end, s := j.run.End, j.sum
	if end.Interrupted != "" {
		j.reasons = append(j.reasons, "it ended before its time: "+end.Interrupted)
	}
	steady := time.Duration(w.seconds() * float64(time.Second)).Round(100 * time.Millisecond)
	if steady < leastSteady {
		j.reasons = append(j.reasons, fmt.Sprintf("the steady window lasted %s; it takes at least %s", steady, leastSteady))
	} else if steady < LeastComparable {
		j.remarks = append(j.remarks, fmt.Sprintf("the steady window lasted %s: enough for this report, but a comparison takes %s", steady, LeastComparable))
	}
	j.bad(s.lost, "%d of %d clients were lost: %s", s.lost, len(j.run.Viewers), j.losses())
	if s.sent > 0 {
		if share := float64(end.InTime) / float64(s.sent); share < leastInTime {
			j.reasons = append(j.reasons, fmt.Sprintf("the lab lagged: %.1f %% of its messages were written within 20 ms of their instant; it takes %.0f %%", 100*share, 100*leastInTime))
		}
	}
	if s.acked == 0 {
		j.reasons = append(j.reasons, "no message was acknowledged: nothing was measured")
	}
	if others, stolen, ok := w.others(j.run.Header.Plan.Local()); ok {
		if cores := (others + stolen) / w.seconds(); cores > busyMachine*float64(j.run.Header.Host.Cores) {
			j.remarks = append(j.remarks, fmt.Sprintf("others used %s of the machine's %d cores meanwhile: latencies are theirs too", number(cores), j.run.Header.Host.Cores))
		}
	}
	j.note(s.refused, "%d messages were refused: %s", s.refused, s.codes())
	j.note(s.unknown, "of %d messages the outcome is unknown", s.unknown)
	j.note(s.due-s.sent, "%d of %d messages were not sent", s.due-s.sent, s.due)
}

// losses names the most frequent reasons why clients were lost.
func (j *verdict) losses() string {
	why := map[string]int{}
	for _, v := range j.run.Viewers {
		if v.Lost != "" {
			why[v.Lost]++
		}
	}
	names := slices.SortedFunc(maps.Keys(why), func(a, b string) int { return cmp.Or(why[b]-why[a], strings.Compare(a, b)) })
	var parts []string
	for _, name := range names[:min(3, len(names))] {
		parts = append(parts, fmt.Sprintf("%s (%d)", name, why[name]))
	}
	return strings.Join(parts, "; ")
}

// log: acked ≤ logged ≤ sent, each once.
func (j *verdict) log() {
	s := j.sum
	if unread := j.run.End.Unread; unread != "" {
		j.reasons = append(j.reasons, "the books could not be compared with the server's: "+unread)
		return
	}
	j.bad(s.ackedLost, "%d messages were acknowledged and are not in the log", s.ackedLost)
	j.bad(s.twice, "%d messages are in the log more than once", s.twice)
	j.bad(s.invented, "%d messages are in the log although they were refused or never sent", s.invented)
	j.note(s.foreign, "%d messages in these rooms came from others", s.foreign)
	for _, r := range j.run.Rooms {
		if r.AnalysedBefore < 0 || r.AnalysedAfter < 0 {
			j.reasons = append(j.reasons, fmt.Sprintf("the analysis of stream %s could not be read", r.Stream))
			continue
		}
		counted, logged := r.AnalysedAfter-r.AnalysedBefore, int64(r.Logged+r.LoggedTwice)
		j.bad(counted-logged, "stream %s: %d messages are logged, and %d analysed", r.Stream, logged, counted)
	}
	if got, ok := j.archived(); ok && got < float64(s.logged) {
		j.reasons = append(j.reasons, fmt.Sprintf("%d messages are logged, and %.0f archived", s.logged, got))
	}
}

// archived is how much the archive's own count grew over the run.
func (j *verdict) archived() (grown float64, ok bool) {
	samples := j.run.Samples
	if len(samples) == 0 {
		return 0, false
	}
	before, hadBefore := samples[0].Total(archived)
	after, hasAfter := samples[len(samples)-1].Total(archived)
	return after - before, hadBefore && hasAfter
}

// viewers: delivered + declared skips = logged, for each, in order, each once.
func (j *verdict) viewers() {
	s := j.sum
	j.bad(s.duplicates, "viewers got %d messages twice", s.duplicates)
	j.bad(s.reordered, "viewers got %d messages out of order", s.reordered)
	j.bad(s.stray, "viewers got %d messages of another room", s.stray)
	j.bad(s.breaks, "the chain of positions broke %d times", s.breaks)
	j.bad(s.skipped, "the server skipped %d messages, although the viewers kept reading", s.skipped)
	j.bad(s.gaps, "the server declared %d gaps, although the viewers kept reading", s.gaps)
	if j.run.End.Unread != "" {
		return
	}
	j.bad(s.missing, "viewers miss %d messages that are in the log", s.missing)
	j.bad(s.unbalanced, "%d viewers got more or fewer messages than were logged while they were there: %d delivered and %d declared as skipped, of %d",
		s.unbalanced, s.delivered, s.skipped, s.expected)
}

// readers: did those who read the log come to its end?
func (j *verdict) readers() {
	d := j.run.End.Drain
	if d.Deliveries < 0 && j.run.End.Interrupted == "" {
		j.reasons = append(j.reasons, fmt.Sprintf("%.0f s after the last message, not everything had been delivered", d.Limit))
	}
	if d.Lags >= 0 || j.run.End.Interrupted != "" {
		return
	}
	var behind []string
	if n := len(j.run.Samples); n > 0 {
		for _, l := range j.run.Samples[n-1].Lags() {
			if l.Records > 0 {
				behind = append(behind, fmt.Sprintf("%s by %.0f", l.Consumer, l.Records))
			}
		}
	}
	if len(behind) == 0 {
		j.reasons = append(j.reasons, "whether the readers of the log caught up is unknown: "+lag+" could not be read")
		return
	}
	j.reasons = append(j.reasons, fmt.Sprintf("%.0f s after the last message, readers of the log were still behind: %s", d.Limit, strings.Join(behind, ", ")))
}

// processes: did those under test live, and answer, all the while?
func (j *verdict) processes() {
	for i, url := range j.run.Header.Plan.Metrics {
		var born []float64
		silent := int64(0)
		for _, s := range j.run.Samples {
			if i >= len(s.Processes) {
				continue
			}
			if s.Processes[i].Error != "" {
				silent++
			}
			if at, ok := s.Processes[i].Values[startTime]; ok && !slices.Contains(born, at) {
				born = append(born, at)
			}
		}
		j.bad(int64(max(0, len(born)-1)), "the server of %s was started anew during the run", url)
		j.note(silent, "%s did not answer %d of %d times", url, silent, len(j.run.Samples))
		if ahead := first(born) - float64(j.run.Header.Started.Unix()); ahead > clocksApart {
			j.remarks = append(j.remarks, fmt.Sprintf("the clock of %s is at least %s s ahead of the lab's: no figure is made of both", url, number(ahead)))
		}
	}
}

func first(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	return list[0]
}
