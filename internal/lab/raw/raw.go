// Package raw is the file that a load test leaves behind: JSON lines with
// everything that was counted and measured, and nothing concluded. Reports are
// pure functions of it, so they can be redone later and by others.
package raw

import (
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/lab/plan"
)

// Version of the format. Readers refuse another.
const Version = 1

// A Run is one whole file.
type Run struct {
	Header  Header
	Phases  []Phase
	Samples []Sample
	Rooms   []Room
	Viewers []Viewer
	End     End
}

// A Header says what was run, on what, by what.
type Header struct {
	Version int       `json:"version"`
	Tag     string    `json:"tag"` // tells this run's messages from all others
	Started time.Time `json:"started"`
	Plan    plan.Plan `json:"plan"`
	Program string    `json:"program"` // version of the lab
	Host    Host      `json:"host"`
}

// Host is the machine that drove the load.
type Host struct {
	OS     string `json:"os"`
	Arch   string `json:"arch"`
	Kernel string `json:"kernel,omitempty"`
	CPU    string `json:"cpu,omitempty"`
	Cores  int    `json:"cores"`
	Memory int64  `json:"memory,omitempty"` // bytes
	Go     string `json:"go"`
}

// The phases of a run, in order.
const (
	PhaseRampUp = "ramp-up"
	PhaseSteady = "steady"
	PhaseDrain  = "drain"
)

// A Phase began at At, in seconds since the run started.
type Phase struct {
	Name string  `json:"name"`
	At   float64 `json:"at"`
}

// A Sample is every running total at one instant. Totals only grow, unless a
// process was restarted.
type Sample struct {
	At        float64   `json:"at"` // seconds since the run started
	Driver    Driver    `json:"driver"`
	Machine   *Machine  `json:"machine,omitempty"` // the one of the lab; nil: not known
	Processes []Process `json:"processes"`
	// Recent is what was measured since the sample before; nil in files of programs
	// that did not look at it.
	Recent *Recent `json:"recent,omitempty"`
	// Yardstick tells the machine's speed; nil: it was not measured.
	Yardstick *Yardstick `json:"yardstick,omitempty"`
}

// Driver is the lab's own side.
type Driver struct {
	Joined    int64   `json:"joined"` // viewers in their rooms at any time
	Lost      int64   `json:"lost"`   // viewers that are no longer connected, or could not join
	Sent      int64   `json:"sent"`
	Acked     int64   `json:"acked"`
	Refused   int64   `json:"refused"`
	Unknown   int64   `json:"unknown"`
	Delivered int64   `json:"delivered"`
	Skipped   int64   `json:"skipped"`
	CPU       float64 `json:"cpu"` // seconds
	RSS       int64   `json:"rss"` // bytes
}

// A Machine is seconds of CPU since it started.
type Machine struct {
	Used   float64 `json:"used"`   // by all processes
	Stolen float64 `json:"stolen"` // by its hypervisor, for others
}

// A Yardstick is a piece of work that the lab does over and over.
type Yardstick struct {
	Strokes int64   `json:"strokes"` // how often it was done
	CPU     float64 `json:"cpu"`     // seconds that it took in all
}

// A Process is one of the system under test, by its /metrics.
type Process struct {
	URL string `json:"url"`
	// Error says why the scrape failed; Values is empty then.
	Error string `json:"error,omitempty"`
	// Values are the series as exposed, name{labels}; process_* and hubbub_* only,
	// without the buckets of histograms.
	Values map[string]float64 `json:"values,omitempty"`
}

// A Room is the books of one stream.
type Room struct {
	Stream  hubbub.StreamID `json:"stream"`
	Viewers int             `json:"viewers"`

	Due     int            `json:"due"`     // messages of the timetable
	Sent    int            `json:"sent"`    // of them, written to a socket
	Acked   int            `json:"acked"`   // RECEIPT came
	Refused map[string]int `json:"refused"` // by code: certainly not logged
	Unknown int            `json:"unknown"` // outcome_unknown, or no answer at all

	// What the API says is logged in the room after the run's start.
	Logged      int `json:"logged"`      // messages, each once
	LoggedTwice int `json:"loggedTwice"` // further copies of one message
	Foreign     int `json:"foreign"`     // of Logged, not sent by this run
	AckedLost   int `json:"ackedLost"`   // acked and not logged
	Invented    int `json:"invented"`    // logged with this run's mark, but refused or never sent

	// Total of GET …/analysis before and after; -1: it could not be read.
	AnalysedBefore int64 `json:"analysedBefore"`
	AnalysedAfter  int64 `json:"analysedAfter"`
}

// A Viewer is the account of one client.
type Viewer struct {
	Client int             `json:"client"`
	Stream hubbub.StreamID `json:"stream"`
	Joined bool            `json:"joined"`
	Lost   string          `json:"lost,omitempty"` // why it is no longer connected

	// What was logged with Start < position ≤ End is what the viewer must have.
	Start    hubbub.Position `json:"start"`
	End      hubbub.Position `json:"end"`
	Expected int64           `json:"expected"`

	Delivered  int64 `json:"delivered"`            // MESSAGE frames, whatever they held
	Duplicates int64 `json:"duplicates,omitempty"` // of them, messages that it had already
	Reordered  int64 `json:"reordered,omitempty"`  // of them, others at or before the position of the one before
	Foreign    int64 `json:"foreign,omitempty"`    // of them, not of this run
	Stray      int64 `json:"stray,omitempty"`      // of them, of this run and another room
	Skipped    int64 `json:"skipped,omitempty"`    // declared by the server
	Gaps       int64 `json:"gaps,omitempty"`       // declared by the server
	Breaks     int64 `json:"breaks,omitempty"`     // prev was not the message before, and no loss was declared
	Missing    int64 `json:"missing,omitempty"`    // this run's messages that it should have had
}

// An End closes the file. A file without one is of a run that was broken off.
type End struct {
	// Interrupted says why the run ended before its time; "": it did not.
	Interrupted string `json:"interrupted,omitempty"`
	// Unread says why the books could not be compared with the server's; "": they were.
	Unread string `json:"unread,omitempty"`

	// Histograms of microseconds, HdrHistogram V2 in base64.
	Delivery string `json:"delivery"` // from the instant a message was due until a viewer had it
	Receipt  string `json:"receipt"`  // from the instant a message was due until its receipt
	Lateness string `json:"lateness"` // from the instant a message was due until it was written

	// InTime counts messages written within 20 ms of their instant.
	InTime int64 `json:"inTime"`

	Drain Drain `json:"drain"`
}

// A Drain is what happened between the end of the sending and the books.
type Drain struct {
	// Deliveries and Lags are the seconds from the end of the steady window until
	// nothing was due any more and until every consumer's lag was 0; -1: it did not
	// happen within Limit.
	Deliveries float64 `json:"deliveries"`
	Lags       float64 `json:"lags"`
	Limit      float64 `json:"limit"`
}
