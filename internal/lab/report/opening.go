package report

import (
	"fmt"
	"time"
)

// opening says in plain words what was tested and what came of it.
func (r *Report) opening() []string {
	p, s := r.run.Header.Plan, add(r.run)
	rooms := "one room"
	if n := len(p.Streams); n > 1 {
		rooms = number(float64(n)) + " rooms"
	}
	lines := []string{fmt.Sprintf("%s simulated viewers in %s wrote %s messages a second together for %s; every message went to all viewers of its room, %s deliveries a second.",
		number(float64(p.Clients)), rooms, number(p.OfferedPerSecond()), span(steady(r.run).seconds()), number(steady(r.run).deliveries()/steady(r.run).seconds()))}
	if !r.Valid() {
		return append(lines, "The run is not to be relied on, for the reasons above. Its figures are shown only to find the cause.")
	}
	return append(lines, fmt.Sprintf("Nothing was lost, doubled or out of order. Half of the %s deliveries took less than %s ms, and 99 of 100 (“p99”) less than %s ms, from the instant at which a message was due until a viewer had it.",
		number(float64(s.delivered)), number(at(r.latency.delivery, 50)), number(at(r.latency.delivery, 99))))
}

// why says what a valid run was held against.
func (r *Report) why() string {
	s := add(r.run)
	return fmt.Sprintf("It may be believed: all %s viewers stayed; all %s acknowledged messages are in the log, each once; each viewer got all that it was owed, once and in order; "+
		"every reader of the log came to its end; the lab wrote %.1f %% of its messages within 20 ms of their instant.",
		number(float64(len(r.run.Viewers))), number(float64(s.acked)), 100*float64(r.run.End.InTime)/float64(max(1, s.sent)))
}

// span writes seconds as people say them.
func span(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second)).Round(time.Second)
	if d >= time.Minute && d%time.Minute == 0 {
		if d == time.Minute {
			return "1 minute"
		}
		return fmt.Sprintf("%d minutes", d/time.Minute)
	}
	return number(d.Seconds()) + " seconds"
}
