package report

import (
	"fmt"
	"io"
	"strings"
)

// markdown renders the document for people who read text.
func (d *document) markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n**%s**\n", plain(d.Title), plain(d.Verdict))
	if d.Why != "" {
		fmt.Fprintf(&b, "\n%s\n", plain(d.Why))
	}
	bullets(&b, d.Reasons)
	if len(d.Remarks) > 0 {
		b.WriteString("\nTo be known:\n")
		bullets(&b, d.Remarks)
	}
	for _, line := range d.Opening {
		fmt.Fprintf(&b, "\n%s\n", plain(line))
	}
	for _, s := range d.Sections {
		if s.Charts != nil {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n", plain(s.Title))
		if s.Note != "" {
			fmt.Fprintf(&b, "\n%s\n", plain(s.Note))
		}
		if len(s.Rows) == 0 {
			b.WriteString("\nNothing was measured.\n")
			continue
		}
		b.WriteString("\n")
		row(&b, s.Head)
		b.WriteString("|" + strings.Repeat(" --- |", len(s.Head)) + "\n")
		for _, cells := range s.Rows {
			row(&b, cells)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func bullets(b *strings.Builder, lines []string) {
	if len(lines) > 0 {
		b.WriteString("\n")
	}
	for _, line := range lines {
		fmt.Fprintf(b, "- %s\n", plain(line))
	}
}

func row(b *strings.Builder, cells []string) {
	b.WriteString("|")
	for _, cell := range cells {
		b.WriteString(" " + plain(cell) + " |")
	}
	b.WriteString("\n")
}

// plain takes the meaning out of text that a server may have written.
var plain = strings.NewReplacer("&", "&amp;", "<", "&lt;", "|", `\|`, "\n", " ", "\r", " ", "[", `\[`, "*", `\*`, "`", "'").Replace
