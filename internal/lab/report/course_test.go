package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

func pageOf(t *testing.T, run *raw.Run) string {
	t.Helper()
	var page bytes.Buffer
	if err := of(t, run).document().html(&page); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

// elements reads a page strictly enough to find what is left open, and gives each
// element with its attributes.
func elements(t *testing.T, page string) (all []xml.StartElement) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.AutoClose, d.Entity = []string{"meta"}, xml.HTMLEntity
	d.Strict = false
	var open []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the page is not well-formed: %v", err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			all, open = append(all, e.Copy()), append(open, e.Name.Local)
		case xml.EndElement:
			if open[len(open)-1] != e.Name.Local {
				t.Fatalf("%s is closed within %v", e.Name.Local, open)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("left open: %v", open)
	}
	return all
}

// Whatever a server, a plan or a result file calls its parts, the page holds its
// own elements only, and loads nothing.
func TestHostileNames(t *testing.T) {
	const hostile = `"><script src=//x></script><img src=x onerror=alert(1)>`
	run := good()
	run.Header.Program, run.Header.Host.CPU = hostile, hostile
	run.Header.Plan.Streams = []hubbub.StreamID{hostile, "2"}
	run.Header.Plan.Metrics = []string{hostile, "http://[" + hostile}
	run.Rooms = append(run.Rooms, raw.Room{Stream: hostile})
	for i := range run.Samples {
		s := &run.Samples[i]
		s.Processes[0].URL = hostile
		s.Processes[0].Values[`hubbub_consumer_lag{consumer="<script>alert(1)</script>"}`] = 5
		s.Processes = append(s.Processes, s.Processes[0])
	}
	page := pageOf(t, run)
	known := strings.Fields("html meta title style main div strong p ul li h1 h2 table thead tbody tr th td figure figcaption span svg rect line path text")
	for _, e := range elements(t, page) {
		if !slices.Contains(known, e.Name.Local) {
			t.Errorf("an element that is not ours: %v", e)
		}
		for _, a := range e.Attr {
			if strings.HasPrefix(a.Name.Local, "on") || slices.Contains([]string{"src", "href", "srcset", "style"}, a.Name.Local) {
				t.Errorf("an attribute that is not ours: %v", e)
			}
		}
	}
	for _, load := range []string{"url(", "@import", "<link", "<script"} {
		if strings.Contains(page, load) {
			t.Errorf("the page has %q", load)
		}
	}
}

// A raw file of an older lab still makes a report, which says what it lacks.
func TestLatencyOverTime(t *testing.T) {
	const missing = "Not shown: the raw file has latencies of the whole run only"
	old := good()
	if page := pageOf(t, old); strings.Count(page, "Not shown") != 1 || !strings.Contains(page, missing) {
		t.Error("of an old file, the page does not say that only latency is left out")
	}
	run := good()
	for i := range run.Samples {
		run.Samples[i].Recent = &raw.Recent{Delivery: raw.Percentiles{Count: 20, P50: 2000, P99: int64(1000 * i)}}
	}
	page := pageOf(t, run)
	if strings.Contains(page, "Not shown") || !strings.Contains(page, ">delivery p99</text>") || strings.Contains(page, ">receipt p99</text>") {
		t.Error("the page does not show what was measured, and that alone")
	}
	s := overTime(courses(run))
	column := slices.Index(s.Head, "delivery p99, ms")
	if column < 0 || s.Rows[1][column] != "29" || s.Rows[0][0] != "0:00" || s.Rows[1][0] != "0:30" {
		t.Errorf("the highest p99 of 0:30 to 1:00 is 29 ms, not as in %q %q", s.Head, s.Rows[1])
	}
}

// Rates are told from sample to sample, and none where a counter began anew.
func TestCourses(t *testing.T) {
	run := good()
	run.Samples = append(run.Samples[:100:100], append([]raw.Sample{run.Samples[99]}, run.Samples[100:]...)...)
	run.Samples[100].At += 0.1 // close to the one before
	for i := range run.Samples {
		if run.Samples[i].At > 200 {
			run.Samples[i].Processes[0].Values[cpuSeconds] -= 30
		}
	}
	for _, c := range courses(run) {
		for _, l := range c.Lines {
			got := strings.TrimSuffix(number(over(l, 100, 190)), ".00")
			want := map[string]string{"present": "2", "sent": "10", "delivered": "20", "server": "0.200", "lab": "0.100", "analysis": "2", "archive": "4", "relay": "8"}[l.Name]
			switch c.Title {
			case "Latency":
				want = unmeasured
			case "Memory":
				want = map[string]string{"server": "80", "lab": "50"}[l.Name]
			case "Lag of the log's readers":
				want = map[string]string{"analysis": "8", "archive": "4", "relay": "8"}[l.Name]
			}
			if l.Name != "acknowledged" && got != want {
				t.Errorf("%s, %s: %s, want %s", c.Title, l.Name, got, want)
			}
			if c.Title == "CPU" && l.Name == "server" && number(over(l, 201, 203)) != unmeasured {
				t.Error("a server that was started anew used less than nothing")
			}
		}
	}
}
