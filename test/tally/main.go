// Command tally counts tests: it shows what `go test -json` writes while it
// runs, and afterwards prints how many tests of which suite ran against which
// version of what. A suite of which no test ran is a failure, as a test that was
// skipped is.
//
//	go test -json ./... | tally show FILE    shows and keeps the events in FILE
//	tally table ROWS FILE…                   prints the table; status 1 unless all is well
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	args := os.Args[1:]
	var err error
	switch {
	case len(args) == 2 && args[0] == "show":
		err = showTo(args[1])
	case len(args) >= 3 && args[0] == "table":
		err = table(args[1], args[2:])
	default:
		err = fmt.Errorf("usage: tally show FILE | tally table ROWS FILE…")
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
	for _, path := range eventPaths {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		run := strings.TrimSuffix(filepath.Base(path), ".json")
		got, err := count(run, file)
		file.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		results = append(results, got...)
	}
	if !report(os.Stdout, rows, results, version) {
		return fmt.Errorf("not all is well")
	}
	return nil
}
