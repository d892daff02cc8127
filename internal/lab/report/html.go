package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"github.com/hubbub-live/hubbub/internal/lab/report/chart"
)

//go:embed report.tmpl.html
var page string

// Drawing is the course as SVG; package chart has escaped what others wrote.
func (c course) Drawing() template.HTML { return template.HTML(c.SVG()) } //nolint:gosec // see above

// Missing says why there is nothing to draw; "" if there is.
func (c course) Missing() string {
	if c.Empty() {
		return c.unmeasuredNote()
	}
	return ""
}

// More is how many lines the drawing leaves out.
func (c course) More() int { return max(0, len(c.Lines)-chart.MostLines) }

// Wide says whether the table has more columns than fit beside each other.
func (s section) Wide() bool { return len(s.Head) > 8 }

// Noted says whether the last column explains the ones before.
func (s section) Noted() bool {
	n := len(s.Head)
	return (n == 3 || n == 4) && s.Head[n-1] == ""
}

// html renders the document as one page that loads nothing from anywhere.
func (d *document) html(w io.Writer) error {
	t, err := template.New("report").Parse(page)
	if err != nil {
		return fmt.Errorf("read the page's template: %w", err)
	}
	return t.Execute(w, d)
}
