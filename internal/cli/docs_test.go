package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocumentedFlags: the documents name no flag that there is not, and the
// defaults in docs/operations.md are those of the help.
func TestDocumentedFlags(t *testing.T) {
	bare(t)
	help := "--x-y" // the documents' word for any flag
	for _, args := range [][]string{{"serve"}, {"token"}, {"lab", "run"}, {"lab", "report"}, {"lab", "compare"}, {"version"}} {
		_, text, _ := run(t, append(args, "--help")...)
		help += "\n" + strings.ReplaceAll(text, "--[no-]", "--no-")
	}
	known := map[string]bool{}
	for _, flag := range regexp.MustCompile(`--[a-z][a-z-]+`).FindAllString(help, -1) {
		known[flag] = true
	}
	documents, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, document := range append(documents, "../../README.md") {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, flag := range regexp.MustCompile("[ `(]--[a-z][a-z-]+").FindAllString(string(text), -1) {
			if named++; !known[flag[1:]] {
				t.Errorf("%s has %s, which no command has", document, flag[1:])
			}
		}
	}
	if named < 30 {
		t.Errorf("only %d flags were found", named)
	}
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, row := range regexp.MustCompile("(?m)^\\| (`--.*?) \\| (.*?) \\|").FindAllStringSubmatch(string(text), -1) {
		flags, defaults := strings.Split(row[1], ", "), strings.Split(row[2], ", ")
		for i, flag := range flags {
			flag = strings.Trim(flag, "`")
			if len(defaults) != len(flags) || !regexp.MustCompile("^[`0-9]").MatchString(defaults[i]) {
				continue // in words
			}
			value := strings.Trim(defaults[i], "`")
			if checked++; !regexp.MustCompile(flag + `="?` + regexp.QuoteMeta(value) + `"?\s`).MatchString(help) {
				t.Errorf("the help has another default of %s than %s", flag, value)
			}
		}
	}
	if checked < 8 {
		t.Errorf("only %d defaults were found", checked)
	}
}
