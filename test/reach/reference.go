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
	if out == "" {
		out = filepath.Join(folder, "results")
	}
	server, err := p.start(ctx, filepath.Join(folder, "data"))
	if err != nil {
		return "", err
	}
	lab := exec.CommandContext(ctx, p.path, "lab", "run", "--env", "lab/reference.env", "--out", out)
	lab.Env = append(os.Environ(), "JWT_SECRET="+secret,
		"WEBSOCKET_URL=ws"+strings.TrimPrefix(server.url, "http")+"/chat/ws",
		fmt.Sprintf("DURATION_SECONDS=%d", int(steady.Seconds())))
	lab.Stdout, lab.Stderr = os.Stderr, os.Stderr
	err = lab.Run()
	if stopErr := server.stop(); err == nil {
		err = stopErr
	}
	if err != nil {
		return "", fmt.Errorf("the load test: %w", err)
	}
	text, err := os.ReadFile(filepath.Join(out, "report.md"))
	if err == nil && !strings.Contains(string(text), "**Valid**") {
		err = errors.New("the load test is not valid")
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
