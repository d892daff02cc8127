package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// A row of the table is a suite: what it is, which results belong to it, and a
// shell command that prints the version of what it ran against.
type row struct {
	name           string
	run, pkg, test *regexp.Regexp
	version        string
}

func (r row) has(x result) bool {
	return r.run.MatchString(x.run) && r.pkg.MatchString(x.pkg) && r.test.MatchString(x.test)
}

// readRows reads lines of `name | run | package | test | command`; the middle
// three are regular expressions. # begins a comment line.
func readRows(r io.Reader) ([]row, error) {
	var rows []row
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		fields := strings.SplitN(line, " | ", 5)
		if len(fields) != 5 {
			return nil, fmt.Errorf("line %d: want name | run | package | test | command", n)
		}
		parsed := row{name: strings.TrimSpace(fields[0]), version: fields[4]}
		for i, target := range []**regexp.Regexp{&parsed.run, &parsed.pkg, &parsed.test} {
			pattern, err := regexp.Compile(strings.TrimSpace(fields[i+1]))
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
			*target = pattern
		}
		rows = append(rows, parsed)
	}
	return rows, lines.Err()
}

// version runs a row's command and returns the first line that it prints.
func version(command string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	text, err := exec.CommandContext(ctx, "bash", "-c", command).Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w", command, err)
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	if line == "" {
		return "", fmt.Errorf("%s: printed nothing", command)
	}
	return line, nil
}
