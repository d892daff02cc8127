package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// An event is one line of `go test -json`; `go doc test2json` describes it.
type event struct {
	Action     string
	Package    string
	ImportPath string // of build output
	Test       string // "": of the package
	Output     string
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
	type name struct{ pkg, test string }
	output := make(map[name][]string)
	return each(r, func(line []byte, e event, ok bool) error {
		if _, err := keep.Write(line); err != nil {
			return err
		}
		at := name{e.Package, e.Test}
		switch {
		case !ok:
			_, _ = w.Write(line)
		case e.Action == "build-output":
			fmt.Fprint(w, e.Output)
		case e.Action == "output":
			output[at] = append(output[at], e.Output)
		case e.Action == "fail":
			for _, text := range output[at] {
				fmt.Fprint(w, text)
			}
			delete(output, at)
			if e.Test == "" {
				fmt.Fprintf(w, "FAIL  %s  %.1f s\n", e.Package, e.Elapsed)
			}
		case e.Action == "pass" || e.Action == "skip":
			if e.Test == "" && e.Action == "pass" {
				fmt.Fprintf(w, "ok    %s  %.1f s\n", e.Package, e.Elapsed)
			}
			delete(output, at)
		}
		return nil
	})
}
