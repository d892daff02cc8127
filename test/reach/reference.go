package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// reference loads a fresh server as the reference report does, by the lab, and
// takes the figures from the lab's report.
func (p program) reference(ctx context.Context, steady time.Duration, out string) []figure {
	figures := []figure{
		{what: "viewers held for the whole run", required: 500, least: true},
		{what: "analysis lag after the ramp-up, most", required: 500, unit: "records"},
		{what: "archive lag after the ramp-up, most", required: 500, unit: "records"},
		{what: "drain until every lag is 0", required: 3, unit: "s"},
		{what: "delivery p99", required: 60, unit: "ms"},
		{what: "SEND to RECEIPT p99", required: 25, unit: "ms"},
		{what: "CPU of the server per 1M deliveries", required: 3.5, unit: "s"},
		{what: "memory of the server, most", required: 400, unit: "MiB"},
	}
	rows := []string{"Max users", "Analysis lag", "Archive lag", "Drain", "Delivery p99", "SEND to RECEIPT p99", "CPU of 1M deliveries", "Memory"}
	text, err := p.loadTest(ctx, steady, out)
	for i := range figures {
		if figures[i].err = err; err == nil {
			figures[i].measured, figures[i].err = rowOf(text, rows[i])
		}
	}
	return figures
}

// loadTest runs the lab against a server of its own and returns the report; an
// invalid one is an error.
func (p program) loadTest(ctx context.Context, steady time.Duration, out string) (string, error) {
	folder, err := os.MkdirTemp("", "hubbub-reach-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(folder)
	server, err := p.start(ctx, filepath.Join(folder, "data"))
	if err != nil {
		return "", err
	}
	text, err := loadTest{steady, out}.run(ctx, p.path, secret, server.url)
	return text, errors.Join(err, server.stop())
}

// A loadTest is the reference report's.
type loadTest struct {
	steady time.Duration
	out    string // folder for its results; "": a temporary one
}

// run has the lab of a program load what is at url and returns the report, with
// errInvalid too if it is not valid.
func (l loadTest) run(ctx context.Context, program, secret, url string, env ...string) (string, error) {
	if l.out == "" {
		folder, err := os.MkdirTemp("", "hubbub-reach-")
		if err != nil {
			return "", err
		}
		defer os.RemoveAll(folder)
		l.out = filepath.Join(folder, "results")
	}
	lab := exec.CommandContext(ctx, program, "lab", "run", "--env", "lab/reference.env", "--out", l.out)
	lab.Env = append(append(os.Environ(), "JWT_SECRET="+secret,
		"WEBSOCKET_URL=ws"+strings.TrimPrefix(url, "http")+"/chat/ws",
		fmt.Sprintf("DURATION_SECONDS=%d", int(l.steady.Seconds()))), env...)
	lab.Stdout, lab.Stderr = os.Stderr, os.Stderr
	err := lab.Run()
	text, missing := os.ReadFile(filepath.Join(l.out, "report.md"))
	switch {
	case missing != nil:
		return "", fmt.Errorf("the load test: %w", errors.Join(err, missing))
	case !strings.Contains(string(text), "**Valid**"):
		return string(text), errInvalid
	}
	return string(text), err
}

// rowOf finds the number in a row of the report's summary.
func rowOf(report, name string) (float64, error) {
	found := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(name) + ` \| ([\d.,]+)`).FindStringSubmatch(report)
	if found == nil {
		return 0, fmt.Errorf("the report has no %s", name)
	}
	return strconv.ParseFloat(strings.ReplaceAll(found[1], ",", ""), 64)
}
