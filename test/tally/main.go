// Command tally counts tests: it shows what `go test -json` writes while it
// runs, and afterwards prints how many tests of which suite ran against which
// version of what. A suite of which no test ran is a failure, as a test that was
// skipped is.
//
//	go test -json ./... | tally show FILE    shows and keeps the events in FILE
//	tally table ROWS FILE…                   prints the table; status 1 unless all is well
//	tally promises FILE…                     prints what was done for each promise; likewise
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

var errNotWell = errors.New("not all is well")

func main() {
	args := os.Args[1:]
	var err error
	switch {
	case len(args) == 2 && args[0] == "show":
		err = showTo(args[1])
	case len(args) >= 3 && args[0] == "table":
		err = table(args[1], args[2:])
	case len(args) >= 2 && args[0] == "promises":
		err = promises(args[1:])
	default:
		err = fmt.Errorf("usage: tally show FILE | tally table ROWS FILE… | tally promises FILE…")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "tally:", err)
		os.Exit(1)
	}
}

func showTo(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := show(os.Stdin, file, os.Stdout); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}

func table(rowsPath string, eventPaths []string) error {
	rowsFile, err := os.Open(rowsPath)
	if err != nil {
		return err
	}
	defer rowsFile.Close()
	rows, err := readRows(rowsFile)
	if err != nil {
		return err
	}
	var results []result
	err = open(eventPaths, func(run string, events io.Reader) error {
		got, err := count(run, events)
		results = append(results, got...)
		return err
	})
	if err != nil {
		return err
	}
	if !report(os.Stdout, rows, results, version) {
		return errNotWell
	}
	return nil
}

func promises(eventPaths []string) error {
	trials := trials{}
	err := open(eventPaths, func(_ string, events io.Reader) error { return trials.read(events) })
	if err != nil {
		return err
	}
	if !trials.report(os.Stdout) {
		return errNotWell
	}
	return nil
}

// open calls read with each file and the name of its run.
func open(paths []string, read func(run string, events io.Reader) error) error {
	for _, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		err = read(strings.TrimSuffix(filepath.Base(path), ".json"), file)
		file.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}
