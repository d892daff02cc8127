package classify

import (
	"embed"
	"fmt"
	"strings"

	"github.com/hubbub-live/hubbub"
)

// lines are labelled by us for this project, and licensed like it.
//
//go:embed data/*.tsv
var lines embed.FS

// A Line is one labelled message.
type Line struct {
	Mood     hubbub.Mood
	Language string
	Text     string
}

// ParseLine reads `label<TAB>lang<TAB>text`; the text may contain tabs.
func ParseLine(line string) (Line, error) {
	fields := strings.SplitN(strings.TrimRight(line, "\r\n"), "\t", 3)
	if len(fields) != 3 {
		return Line{}, fmt.Errorf("a labelled line is label<TAB>lang<TAB>text, this one has %d of the 3", len(fields))
	}
	mood, ok := hubbub.ParseMood(fields[0])
	if !ok {
		return Line{}, fmt.Errorf("%q is no label", fields[0])
	}
	return Line{mood, fields[1], fields[2]}, nil
}

// corpus returns the embedded lines. They are part of the program and a test
// reads them, so a fault in them is one in the program.
func corpus() []Line {
	var all []Line
	for _, file := range []string{"data/en.tsv", "data/ko.tsv"} {
		text, err := lines.ReadFile(file)
		if err != nil {
			panic(err)
		}
		for row := range strings.Lines(string(text)) {
			line, err := ParseLine(row)
			if err != nil {
				panic(file + ": " + err.Error())
			}
			all = append(all, line)
		}
	}
	return all
}
