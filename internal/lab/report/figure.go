package report

import (
	"math"
	"strconv"
	"strings"

	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

// A Figure is one number of a run, of the kind that runs are compared by.
type Figure struct {
	Name  string
	Unit  string  // "" for a plain number
	Value float64 // NaN: it could not be measured
	Note  string

	Reference string // its name in the reference report's summary; "": not in it
}

func (f Figure) text() string {
	text := number(f.Value)
	if f.Unit == "" || text == unmeasured {
		return text
	}
	return text + " " + f.Unit
}

var nothing = math.NaN()

// unmeasured stands for a number that there is not.
const unmeasured = "–"

// The metrics that figures are made of.
const (
	appended    = "hubbub_log_appended_total"
	syncs       = "hubbub_log_syncs_total"
	busy        = "hubbub_analysis_busy_seconds_total"
	lag         = "hubbub_consumer_lag"
	archived    = "hubbub_archived_total"
	connections = "hubbub_connections"
	delivered   = "hubbub_deliveries_total"
	rolesInfo   = "hubbub_roles_info"
	cpuSeconds  = "process_cpu_seconds_total"
	memory      = "process_resident_memory_bytes"
	startTime   = "process_start_time_seconds"
)

// figures are the rows of the reference report's summary, in its order, then what
// it lacks.
func figures(run *raw.Run, w window, l latencies) []Figure {
	analysisLag, _ := w.over(gauge(lag, `consumer="analysis"`))
	archiveLag, _ := w.over(gauge(lag, `consumer="archive"`))
	most, _ := w.over(func(s *raw.Sample) (float64, bool) { return float64(s.Driver.Joined - s.Driver.Lost), true })
	rss, _ := w.over(gauge(memory))
	cpu := w.grown(cpuSeconds)
	perChatServer, whose := cpuPerChatServer(run, w)
	return []Figure{
		{"Max users", "", most, "viewers in their rooms at once", "Max Users"},
		{"Analysis busy share", "%", 100 * w.rate(busy), "of one core", "Flink Backpressure"},
		{"Analysis lag", "records", analysisLag, "most uncommitted after the ramp-up", "Flink Processing Lag"},
		{"Archive lag", "records", archiveLag, "most uncommitted after the ramp-up", "Cassandra Sink Lag"},
		{"Log appends a second (max)", "", w.peak(appended), "records; mean " + number(w.rate(appended)), ""},
		{"Log fsyncs a second (max)", "", w.peak(syncs), "synced writes; mean " + number(w.rate(syncs)), "Kafka RPS (Max)"},
		{"CPU per chat server", "cores", perChatServer, whose, "Chat CPU (Per Pod)"},
		{"SEND to RECEIPT p99", "ms", at(l.receipt, 99), "until the server had it durably, from the instant it was due; 99 of 100 took less", ""},
		{"Delivery p50", "ms", at(l.delivery, 50), "half of all deliveries took less", ""},
		{"Delivery p99", "ms", at(l.delivery, 99), "to each viewer, from the instant it was due", ""},
		{"Deliveries a second", "", w.deliveries() / w.seconds(), "counted by the viewers", ""},
		{"CPU of 1M deliveries", "s", cpu / w.deliveries() * 1e6, "all of the server, for everything it did", ""},
		{"Memory", "MiB", rss / (1 << 20), "most resident, all server processes", ""},
		{"Drain", "s", unless(run.End.Drain.Lags < 0, max(run.End.Drain.Lags, run.End.Drain.Deliveries)), "from the last SEND until everything was everywhere", ""},
	}
}

func (w window) deliveries() float64 {
	if len(w) == 0 {
		return nothing
	}
	return float64(w[len(w)-1].Driver.Delivered - w[0].Driver.Delivered)
}

func unless(bad bool, value float64) float64 {
	if bad {
		return nothing
	}
	return value
}

// number prints three digits or, from a thousand on, whole numbers in groups; an
// en dash for what could not be measured.
func number(value float64) string {
	switch size := math.Abs(value); {
	case math.IsNaN(value) || math.IsInf(value, 0):
		return unmeasured
	case size >= 1000 || value == math.Trunc(value):
		return grouped(strconv.FormatFloat(math.Round(value), 'f', 0, 64))
	case size >= 100:
		return strconv.FormatFloat(value, 'f', 0, 64)
	case size >= 10:
		return strconv.FormatFloat(value, 'f', 1, 64)
	case size >= 0.001:
		return strconv.FormatFloat(value, 'f', 2+int(max(0, -math.Floor(math.Log10(size)))), 64)
	}
	return strconv.FormatFloat(value, 'g', 2, 64)
}

func grouped(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}
