package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// A cell of the kill matrix, as test/e2e writes it: a line of JSON each.
type cell struct {
	Part, Fault string
	Silence     float64 // s: longest in which nobody had a receipt
	Waited      float64 // s: the longest that one person waited, for a receipt or a message
	CaughtUp    float64 // s: from when the part was well until all was everywhere
	Failed      bool    // something was lost, missing or there twice
}

// faults takes what is required of it from the kill matrix, which it runs unless there
// is a file with its cells.
func (p program) faults(ctx context.Context, file string) []figure {
	cells, err := readCells(file)
	if file == "" {
		cells, err = p.killMatrix(ctx)
	}
	return judge(cells, err)
}

// killMatrix runs all of it. That cells failed is in them.
func (p program) killMatrix(ctx context.Context) ([]cell, error) {
	folder, err := os.MkdirTemp("", "hubbub-reach-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	binary, err := filepath.Abs(p.path)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(folder, "cells.jsonl")
	test := exec.CommandContext(ctx, "go", "test", "-tags", "cluster", "-count=1", "-timeout", "60m", "./test/e2e", "-run", "^TestCluster(Changes)?$", "-v")
	test.Env = append(os.Environ(), "HUBBUB_FULL=1", "HUBBUB_BIN="+binary, "HUBBUB_CELLS="+file)
	test.Stdout, test.Stderr = os.Stderr, os.Stderr
	failed := test.Run()
	cells, err := readCells(file)
	if err != nil {
		return nil, errors.Join(err, failed)
	}
	return cells, nil
}

func readCells(file string) (cells []cell, err error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	for lines := json.NewDecoder(bytes.NewReader(text)); ; {
		var c cell
		switch err := lines.Decode(&c); {
		case errors.Is(err, io.EOF):
			return cells, nil
		case err != nil:
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		cells = append(cells, c)
	}
}

// judge makes the table's rows of cells; one of which there is no cell has an error.
func judge(cells []cell, err error) []figure {
	silence := func(c cell) float64 { return c.Silence }
	waited := func(c cell) float64 { return c.Waited }
	caughtUp := func(c cell) float64 { return c.CaughtUp }
	failed := func(c cell) float64 {
		if c.Failed {
			return 1
		}
		return 0
	}
	brokers, stores := []string{"broker", "controller"}, []string{"Redis master", "Redis replica", "Cassandra", "MySQL"}
	killed := []string{"SIGKILL"}
	most := func(a, b float64) float64 { return max(a, b) }
	sum := func(a, b float64) float64 { return a + b }
	rows := []struct {
		figure
		parts, faults []string // nil: every one
		of            func(cell) float64
		all           func(a, b float64) float64
	}{
		{figure{what: "a broker killed under load: SENDs answered again after", required: 15, unit: "s"}, brokers, killed, silence, most},
		{figure{what: "Redis' master or a replica, Cassandra, MySQL killed and started: all caught up after", required: 30, unit: "s"}, stores, killed, caughtUp, most},
		{figure{what: "chat 4 → 2 → 4 under load: runs in which a message was missed"}, []string{"chat"}, []string{"4 to 2 to 4"}, failed, sum},
		{figure{what: "… longest that somebody waited", required: 2, unit: "s"}, []string{"chat"}, []string{"4 to 2 to 4"}, waited, most},
		{figure{what: "rolling restart of all roles under load: runs in which a message was missed"}, []string{"every role"}, nil, failed, sum},
		{figure{what: "… longest that somebody waited", required: 2, unit: "s"}, []string{"every role"}, nil, waited, most},
		{figure{what: "cells of the kill matrix with something lost, missing or twice"}, nil, nil, failed, sum},
	}
	var figures []figure
	for _, r := range rows {
		f, found := r.figure, 0
		for _, c := range cells {
			if (r.parts == nil || slices.Contains(r.parts, c.Part)) && (r.faults == nil || slices.Contains(r.faults, c.Fault)) {
				found++
				f.measured = r.all(f.measured, r.of(c))
			}
		}
		if f.err = err; err == nil && found == 0 {
			f.err = errors.New("the matrix has no such cell")
		}
		figures = append(figures, f)
	}
	return figures
}
