package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// An event is one line of `go test -json`; `go doc test2json` describes it.
type event struct {
	Action     string
	Package    string
	ImportPath string // of build output
	Test       string // "": of the package
	Output     string
	Key, Value string  // of an attribute
	Elapsed    float64 // seconds
}

// each calls f for every line of r, parsed if it is an event; other programs'
// output may stand between them.
func each(r io.Reader, f func(line []byte, e event, ok bool) error) error {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			ok := json.Unmarshal(line, &e) == nil && e.Action != ""
			if err := f(line, e, ok); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// show copies events from r to keep, and prints to w a line per package and the
// output of what failed, as go test without -json would.
func show(r io.Reader, keep, w io.Writer) error {
	output := make(map[string]map[string]string) // by package and test, of those that have not ended
	return each(r, func(line []byte, e event, ok bool) error {
		if _, err := keep.Write(line); err != nil {
			return err
		}
		tests := output[e.Package]
		switch {
		case !ok:
			_, _ = w.Write(line)
		case e.Action == "build-output":
			fmt.Fprint(w, e.Output)
		case e.Action == "output":
			if tests == nil {
				tests = make(map[string]string)
				output[e.Package] = tests
			}
			tests[e.Test] += e.Output
		case e.Test != "" && (e.Action == "pass" || e.Action == "skip"):
			delete(tests, e.Test)
		case e.Test != "" && e.Action == "fail":
			fmt.Fprint(w, tests[e.Test])
			delete(tests, e.Test)
		case e.Action == "pass":
			fmt.Fprintf(w, "ok    %s  %.1f s\n", e.Package, e.Elapsed)
			delete(output, e.Package)
		case e.Action == "skip":
			delete(output, e.Package)
		case e.Action == "fail":
			// The tests that were running: one of them took the package down with it.
			for _, test := range slices.Sorted(maps.Keys(tests)) {
				fmt.Fprint(w, tests[test])
			}
			fmt.Fprintf(w, "FAIL  %s  %.1f s\n", e.Package, e.Elapsed)
			delete(output, e.Package)
		}
		return nil
	})
}
