package report

import (
	"strings"

	"github.com/hubbub-live/hubbub/internal/lab/report/chart"
)

// mostTimes is how many rows the table over time has at most.
const mostTimes = 13

// overTime is the charts as one table.
func overTime(courses []course) section {
	s := section{Title: "Over time, in numbers", Note: "The same as in the charts: of each stretch of time the highest value of a second.", Head: []string{"From"}}
	var lines []chart.Line
	var missing []string
	from, to := 0.0, 0.0
	for _, c := range courses {
		if c.Empty() {
			missing = append(missing, c.Title+": "+c.unmeasuredNote())
			continue
		}
		for _, l := range c.Lines[:min(chart.MostLines, len(c.Lines))] {
			lines = append(lines, l)
			s.Head = append(s.Head, heading(c, l))
			if n := len(l.Points); n > 0 {
				to = max(to, l.Points[n-1].At)
			}
		}
	}
	if len(missing) > 0 {
		s.Note += " Left out is " + strings.Join(missing, "; ") + "."
	}
	times := append(chart.Seconds(from, to, mostTimes), to+1)
	for i := range len(times) - 1 {
		cells := []string{chart.Clock(times[i])}
		for _, l := range lines {
			cells = append(cells, number(over(l, times[i], times[i+1])))
		}
		s.Rows = append(s.Rows, cells)
	}
	return s
}

// heading names a line, and its unit, where there is no chart around it.
func heading(c course, l chart.Line) string {
	switch c.Title {
	case "Viewers":
		return "viewers"
	case "Messages in", "Deliveries":
		return strings.Replace(l.Name, "acknowledged", "acked", 1) + "/s"
	case "Analysis busy":
		return "busy, %"
	case "CPU":
		return l.Name + ", cores"
	case "Lag of the log's readers":
		return l.Name + " lag"
	}
	return l.Name + ", " + c.Unit
}
