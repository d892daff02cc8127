package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
)

//go:embed report.tmpl.html
var page string

// html renders the document as one page that loads nothing from anywhere.
func (d *document) html(w io.Writer) error {
	t, err := template.New("report").Parse(page)
	if err != nil {
		return fmt.Errorf("read the page's template: %w", err)
	}
	return t.Execute(w, d)
}
