// Package report says what a load test showed, from its raw file alone: whether
// it may be believed, with reasons, and its figures, in the rows of the report
// that the lab takes after. It is pure; the same file gives the same report.
package report

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

// The files that Write leaves in a run's folder.
const (
	MarkdownFile = "report.md"
	HTMLFile     = "report.html"
)

// A Report is what one run showed.
type Report struct {
	Reasons []string // why the run supports no claim; none: it is valid
	Remarks []string // what a reader should know besides
	Figures []Figure // in the order of the summary
	run     *raw.Run
	latency latencies
}

// Valid says whether the run supports claims.
func (r *Report) Valid() bool { return len(r.Reasons) == 0 }

// Of makes the report of a run. It fails only for a file whose histograms cannot
// be read.
func Of(run *raw.Run) (*Report, error) {
	l, err := readLatencies(run.End)
	if err != nil {
		return nil, err
	}
	r := &Report{run: run, latency: l}
	w := steady(run)
	r.Reasons, r.Remarks = judge(run, w)
	r.Figures = figures(run, w, l)
	return r, nil
}

// Open reads a run's raw file, or the one in a run's folder.
func Open(path string) (*Report, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, raw.FileName)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the raw results: %w", err)
	}
	defer func() { _ = file.Close() }()
	run, err := raw.Read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return Of(run)
}

// Write leaves the report in folder, for people with and without a browser.
func (r *Report) Write(folder string) error {
	return r.document().write(folder, MarkdownFile, HTMLFile)
}

// A document is a page of tables, whatever it is about.
type document struct {
	Title    string
	Good     bool
	Verdict  string
	Why      string // what a good verdict rests on; "" says nothing
	Reasons  []string
	Remarks  []string
	Opening  []string // what this is about, in plain words
	Sections []section
}

type section struct {
	Title string
	Note  string
	Head  []string
	Rows  [][]string

	Charts []course // stand on the page instead of the table of the text
}

func (d *document) write(folder, markdown, html string) error {
	for name, render := range map[string]func(io.Writer) error{markdown: d.markdown, html: d.html} {
		file, err := os.Create(filepath.Join(folder, name))
		if err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
		err = render(file)
		if closeErr := file.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}
