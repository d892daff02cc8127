package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestDocumentedFlags: the documents name no flag that no command has, and the
// defaults in docs/operations.md are those of serve.
func TestDocumentedFlags(t *testing.T) {
	known, defaults := flags(t)
	documents, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	others := regexp.MustCompile("`(kafka-|mysqldump|nodetool|redis-cli)[^`]*`") // the engines' own tools
	for _, document := range append(documents, "../../README.md") {
		for _, flag := range regexp.MustCompile("[ `(]--[a-z][a-z-]+").FindAllString(others.ReplaceAllString(content(t, document), ""), -1) {
			if named++; !known[flag[1:]] {
				t.Errorf("%s has %s, which no command has", document, flag[1:])
			}
		}
	}
	checked := 0
	for _, row := range regexp.MustCompile("(?m)^\\| (`--.*?) \\| (.*?) \\|").FindAllStringSubmatch(content(t, "../../docs/operations.md"), -1) {
		names, values := strings.Split(row[1], ", "), strings.Split(row[2], ", ")
		for i, name := range names {
			if len(values) != len(names) || !regexp.MustCompile("^[`0-9]").MatchString(values[i]) {
				continue // in words
			}
			name, value := strings.Trim(name, "`"), strings.Trim(values[i], "`")
			if checked++; defaults[name] != value {
				t.Errorf("docs/operations.md has %s as the default of %s, it is %s", value, name, defaults[name])
			}
		}
	}
	if named < 30 || checked < 8 {
		t.Errorf("only %d flags and %d defaults were found", named, checked)
	}
}

// flags returns those of all commands, and the defaults of serve's.
func flags(t *testing.T) (known map[string]bool, defaults map[string]string) {
	t.Helper()
	parser, err := kong.New(new(CLI))
	if err != nil {
		t.Fatal(err)
	}
	// The documents' word for any, and curl's.
	known, defaults = map[string]bool{"--x-y": true, "--json": true}, map[string]string{}
	for _, command := range parser.Model.Leaves(false) {
		for _, group := range command.AllFlags(false) {
			for _, flag := range group {
				known["--"+flag.Name], known["--no-"+flag.Name] = true, known["--no-"+flag.Name] || flag.Tag.Negatable != ""
				if command.Name == "serve" {
					defaults["--"+flag.Name] = flag.Default
				}
			}
		}
	}
	return known, defaults
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
