package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

// mostRooms is how many rooms are listed one by one.
const mostRooms = 50

// document lays the report out.
func (r *Report) document() *document {
	p := r.run.Header.Plan
	d := &document{
		Title:   fmt.Sprintf("Load test: %d viewers, %s messages a second in", p.Clients, number(p.OfferedPerSecond())),
		Good:    r.Valid(),
		Verdict: "Valid",
		Reasons: r.Reasons,
		Remarks: r.Remarks,
		Opening: r.opening(),
	}
	if d.Good {
		d.Why = r.why()
	} else {
		d.Verdict = "Invalid: it supports no claim"
	}
	over := courses(r.run)
	d.Sections = append(r.summary(), charts(over), latencySection(r.latency), r.books(), r.deliveries())
	if len(r.run.Rooms) > 1 {
		d.Sections = append(d.Sections, r.rooms())
	}
	d.Sections = append(d.Sections, r.lags())
	if replicas, ok := r.replicas(); ok {
		d.Sections = append(d.Sections, replicas)
	}
	d.Sections = append(d.Sections, r.costs(), r.configuration(), overTime(over))
	return d
}

// charts is the section that a page has and a text has not.
func charts(courses []course) section {
	return section{Title: "Over time", Note: "Minutes and seconds since the start. Shaded: the ramp-up, in which viewers join, and at the right end " +
		"the drain, in which what is under way arrives. Point at a chart for its values; the last table has them in numbers.", Charts: courses}
}

// summary is the reference report's table, under its names too, and what that lacks.
func (r *Report) summary() []section {
	reference := section{Title: "Summary", Note: "The rows of the reference report, over the steady window, in which all viewers send.",
		Head: []string{"Metric", "Value", "The reference calls it", ""}}
	more := section{Title: "What else came out", Note: "Also over the steady window, unless a row says otherwise.", Head: []string{"Metric", "Value", ""}}
	for _, f := range r.Figures {
		text := f.text()
		if f.Name == "Max users" {
			text += " of " + number(float64(r.run.Header.Plan.Clients))
		}
		if f.Reference != "" {
			reference.Rows = append(reference.Rows, []string{f.Name, text, f.Reference, f.Note})
		} else {
			more.Rows = append(more.Rows, []string{f.Name, text, f.Note})
		}
	}
	return []section{reference, more}
}

func (r *Report) books() section {
	s := add(r.run)
	rows := [][]string{
		{"Due on the timetable", whole(s.due), ""},
		{"Sent", whole(s.sent), "written to a connection, each with a receipt and a nonce"},
		{"Acknowledged", whole(s.acked), "RECEIPT: durable"},
		{"Refused", whole(s.refused), s.codes()},
		{"Outcome unknown", whole(s.unknown), ""},
	}
	if unread := r.run.End.Unread; unread != "" {
		rows = append(rows, []string{"Logged", "–", unread})
	} else {
		rows = append(rows,
			[]string{"Logged", whole(s.logged), fmt.Sprintf("by API: of others %d, missing though acknowledged %d, twice %d, never sent %d", s.foreign, s.ackedLost, s.twice, s.invented)},
			[]string{"Analysed", whole(s.analysed), "growth of the totals, by API"},
		)
	}
	j := verdict{run: r.run}
	if got, ok := j.archived(); ok {
		rows = append(rows, []string{"Archived", number(got), "growth of " + archived})
	}
	return section{Title: "Books", Note: "Every message is known by its nonce: acknowledged ⊆ logged ⊆ sent, and logged = archived = analysed.",
		Head: []string{"Messages", "Count", ""}, Rows: rows}
}

func whole(n int64) string { return number(float64(n)) }

func (r *Report) deliveries() section {
	s := add(r.run)
	return section{
		Title: "Deliveries",
		Note:  "Counted by the viewers, message by message. Owed: what was logged between the start of each subscription and its end.",
		Head:  []string{"Deliveries", "Count"},
		Rows: [][]string{
			{"Owed", whole(s.expected)}, {"Delivered", whole(s.delivered)}, {"Declared as skipped", whole(s.skipped)},
			{"Missing", whole(s.missing)}, {"Twice", whole(s.duplicates)}, {"Out of order", whole(s.reordered)},
			{"Of another room", whole(s.stray)}, {"Breaks in the chain of positions", whole(s.breaks)}, {"Declared gaps", whole(s.gaps)},
			{"Viewers lost", whole(s.lost)},
		},
	}
}

func (r *Report) rooms() section {
	s := section{Title: "Rooms", Head: []string{"Stream", "Viewers", "Sent", "Acknowledged", "Logged", "Analysed", "Owed", "Delivered"}}
	for _, room := range r.run.Rooms[:min(mostRooms, len(r.run.Rooms))] {
		var expected, delivered int64
		for _, v := range r.run.Viewers {
			if v.Stream == room.Stream {
				expected, delivered = expected+v.Expected, delivered+v.Delivered
			}
		}
		s.Rows = append(s.Rows, []string{string(room.Stream), whole(int64(room.Viewers)), whole(int64(room.Sent)), whole(int64(room.Acked)),
			whole(int64(room.Logged)), whole(room.AnalysedAfter - room.AnalysedBefore), whole(expected), whole(delivered)})
	}
	if more := len(r.run.Rooms) - mostRooms; more > 0 {
		s.Note = fmt.Sprintf("The first %d; %d more are in the raw file.", mostRooms, more)
	}
	return s
}

// lags shows commit lag, and what of it the commit interval alone explains.
func (r *Report) lags() section {
	const commitInterval = 1.0 // seconds; every consumer commits at least that often
	w := steady(r.run)
	perSecond := w.rate(appended)
	s := section{
		Title: "Lag of the log's readers",
		Note: "Records between a reader's last commit and the end of the log, over the steady window. " +
			"A reader that commits once a second and is never behind shows up to one second of the load.",
		Head: []string{"Reader", "Most uncommitted", "Mean", "By commit interval alone", "Most unprocessed"},
	}
	if len(w) == 0 {
		return s
	}
	for _, l := range w[len(w)-1].Lags() {
		label := `consumer="` + l.Consumer + `"`
		highest, mean := w.over(gauge(lag, label))
		unprocessed, _ := w.over(gauge("hubbub_consumer_unprocessed", label))
		s.Rows = append(s.Rows, []string{l.Consumer, number(highest), number(math.Round(mean)), number(math.Round(perSecond * commitInterval)), number(unprocessed)})
	}
	return s
}

// A cost is that of one process over the steady window.
type cost struct {
	address     string
	cpu, memory float64 // s, bytes
}

func (r *Report) costs() section {
	w := steady(r.run)
	s := section{Title: "What it cost", Note: "CPU over the steady window. Load and server share the machine if it is the same one.",
		Head: []string{"Process", "Roles", "CPU s", "Cores", "CPU s of 1M deliveries", "Most memory, MiB"}}
	if len(w) == 0 {
		return s
	}
	if took := r.stroke(); !math.IsNaN(took) {
		s.Note += " How fast the machine was meanwhile: the lab's yardstick, a fixed piece of work, took " + number(took) + " µs of CPU."
	}
	row := func(name, roles string, cpu, memory float64) {
		s.Rows = append(s.Rows, []string{name, roles, number(cpu), number(cpu / w.seconds()), number(cpu / w.deliveries() * 1e6), number(memory / (1 << 20))})
	}
	of := map[string][]cost{} // processes by their roles
	for i, p := range w.processes() {
		one := w.only(i)
		rss, _ := one.over(gauge(memory))
		roles := roles(r.run, i)
		of[roles] = append(of[roles], cost{p.URL, one.grown(cpuSeconds), rss})
	}
	for _, roles := range slices.Sorted(maps.Keys(of)) {
		var cpu, memory []float64
		for _, c := range of[roles] {
			cpu, memory = append(cpu, c.cpu), append(memory, c.memory)
			row(c.address, roles, c.cpu, c.memory)
		}
		if n := len(cpu); n > 1 && roles != "" {
			row(fmt.Sprintf("mean of %d", n), roles, mean(cpu), mean(memory))
		}
	}
	last := w[len(w)-1].Driver
	row("the lab", "", last.CPU-w[0].Driver.CPU, float64(last.RSS))
	if others, stolen, ok := w.others(r.run.Header.Plan.Local()); ok {
		row("others on this machine", "", others, nothing)
		row("taken by its hypervisor", "", stolen, nothing)
	}
	return s
}

// others is the CPU that neither server nor lab used, if they share a machine that
// tells, and what its hypervisor gave to other machines.
func (w window) others(local bool) (used, stolen float64, ok bool) {
	if !local || len(w) == 0 || w[0].Machine == nil || w[len(w)-1].Machine == nil {
		return 0, 0, false
	}
	before, after := w[0], w[len(w)-1]
	ours := w.grown(cpuSeconds) + after.Driver.CPU - before.Driver.CPU
	return max(0, after.Machine.Used-before.Machine.Used-ours), after.Machine.Stolen - before.Machine.Stolen, true
}

func (r *Report) configuration() section {
	h := r.run.Header
	d := r.run.End.Drain
	transport := "STOMP over WebSocket"
	if h.Plan.SockJS() {
		transport = "STOMP over SockJS"
	}
	return section{
		Title: "Configuration",
		Head:  []string{"Parameter", "Value"},
		Rows: [][]string{
			{"WEBSOCKET_URL", h.Plan.URL + " (" + transport + ")"},
			{"NUM_CLIENTS", number(float64(h.Plan.Clients))},
			{"RAMP_UP_TIME_SECONDS", number(h.Plan.RampUp.Seconds())},
			{"MESSAGES_PER_SECOND_PER_CLIENT", strconv.FormatFloat(h.Plan.Rate, 'g', -1, 64)},
			{"DURATION_SECONDS", number(h.Plan.Duration.Seconds()) + " (was " + number(steady(r.run).seconds()) + ")"},
			{"STREAM_IDS", streams(h)},
			{"Drain", "deliveries " + seconds(d.Deliveries) + ", readers of the log " + seconds(d.Lags) + ", given up after " + seconds(d.Limit)},
			{"Started", h.Started.UTC().Format(time.RFC3339)},
			{"Lab", "hubbub " + h.Program + ", " + h.Host.Go},
			{"Machine of the lab", strings.Join(machine(h.Host), ", ")},
		},
	}
}

func seconds(s float64) string {
	if s < 0 {
		return "never"
	}
	return number(s) + " s"
}

func streams(h raw.Header) string {
	if n := len(h.Plan.Streams); n > 8 {
		return fmt.Sprintf("%s … %s (%d)", h.Plan.Streams[0], h.Plan.Streams[n-1], n)
	}
	var ids []string
	for _, id := range h.Plan.Streams {
		ids = append(ids, string(id))
	}
	return strings.Join(ids, ", ")
}

func machine(h raw.Host) []string {
	parts := []string{h.OS + "/" + h.Arch, fmt.Sprintf("%d cores", h.Cores)}
	for _, part := range []string{h.CPU, h.Kernel} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if h.Memory > 0 {
		parts = append(parts, number(math.Round(float64(h.Memory)/(1<<30)))+" GiB")
	}
	return parts
}
