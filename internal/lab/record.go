package lab

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/hubbub-live/hubbub/internal/lab/drive"
	"github.com/hubbub-live/hubbub/internal/lab/measure"
	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

// How often the totals are looked at, and a line is shown.
const (
	sampleEvery = time.Second
	tellEvery   = 5 * time.Second
)

// A recorder writes the raw file while the run goes on, and tells of it.
type recorder struct {
	crowd    *drive.Crowd
	scraper  *measure.Scraper
	speed    *measure.Yardstick // nil: it could not be opened
	progress io.Writer
	started  time.Time

	mu     sync.Mutex
	out    *raw.Writer
	now    string     // phase
	shown  raw.Sample // of the last line
	told   time.Time  // when that was
	newest raw.Sample
}

func newRecorder(file io.Writer, o Options, crowd *drive.Crowd, h raw.Header) *recorder {
	r := &recorder{crowd: crowd, scraper: measure.NewScraper(o.Plan.Metrics), progress: o.Progress,
		started: time.Now(), out: raw.NewWriter(file, h)}
	speed, err := measure.NewYardstick()
	if err != nil {
		r.say("CPU will be compared as it is: %v", err)
	}
	r.speed = speed
	return r
}

func (r *recorder) at() float64 { return time.Since(r.started).Seconds() }

// phase begins a phase, with a sample at its very start.
func (r *recorder) phase(ctx context.Context, name string) {
	r.mu.Lock()
	r.now = name
	r.out.Phase(raw.Phase{Name: name, At: r.at()})
	r.mu.Unlock()
	r.sample(ctx)
	r.tell()
}

// sample looks at everything once.
func (r *recorder) sample(ctx context.Context) raw.Sample {
	processes := r.scraper.Scrape(ctx)
	s := raw.Sample{At: r.at(), Driver: r.crowd.Totals(), Processes: processes}
	s.Driver.CPU, s.Driver.RSS = measure.Self()
	if used, stolen, ok := measure.Machine(); ok {
		s.Machine = &raw.Machine{Used: used, Stolen: stolen}
	}
	if r.speed != nil {
		s.Yardstick = r.speed.Total()
	}
	if ctx.Err() != nil { // the scrape was broken off, not the server
		return s
	}
	s.Recent = r.crowd.Recent()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out.Sample(s)
	r.newest = s
	return s
}

// watch samples and tells until ctx ends, and calls alone once nobody is left.
func (r *recorder) watch(ctx context.Context, alone func()) {
	ticker := time.NewTicker(sampleEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		r.sample(ctx)
		if r.crowd.Alive() == 0 {
			alone()
		}
		if r.quiet() {
			r.tell()
		}
	}
}

// gauge measures the machine's speed until ctx ends.
func (r *recorder) gauge(ctx context.Context) {
	if r.speed == nil {
		return
	}
	if err := r.speed.Run(ctx); err != nil {
		r.say("CPU will be compared as it is: %v", err)
	}
}

// quiet says whether it is time for another line.
func (r *recorder) quiet() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Since(r.told) >= tellEvery-sampleEvery/2
}

// tell shows a line.
func (r *recorder) tell() {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, d := r.newest, r.newest.Driver
	rate := 0.0
	if passed := s.At - r.shown.At; passed > 0 {
		rate = float64(d.Delivered-r.shown.Driver.Delivered) / passed
	}
	r.shown, r.told = s, time.Now()
	text := fmt.Sprintf("%7.1f s  %-7s  joined %d  lost %d  sent %d  acked %d", s.At, r.now, d.Joined, d.Lost, d.Sent, d.Acked)
	if d.Refused+d.Unknown+d.Skipped > 0 {
		text += fmt.Sprintf("  refused %d  unknown %d  skipped %d", d.Refused, d.Unknown, d.Skipped)
	}
	text += fmt.Sprintf("  deliveries %d (%.0f/s)", d.Delivered, rate)
	for _, lag := range s.Lags() {
		text += fmt.Sprintf("  %s lag %.0f", lag.Consumer, lag.Records)
	}
	for _, p := range s.Processes {
		if p.Error != "" {
			text += "  " + strings.TrimSpace(p.URL+" "+p.Error)
		}
	}
	fmt.Fprintln(r.progress, text) // if nobody can read it, the run goes on
}

// say shows a line of its own.
func (r *recorder) say(format string, args ...any) {
	fmt.Fprintf(r.progress, "%7.1f s  %s\n", r.at(), fmt.Sprintf(format, args...))
}

func (r *recorder) finish(end raw.End) error {
	r.scraper.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.out.End(end)
}
