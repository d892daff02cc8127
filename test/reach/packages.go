package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// A benchmark gives figures: by unit of a line of `go test -bench`.
type benchmark struct {
	pkg, name string
	figures   []figure // their unit is as go prints it, such as ns/op
}

// packages runs benchmarks, one after the other: they have the machine alone.
func packages(ctx context.Context) []figure {
	var all []figure
	for _, b := range []benchmark{
		{"./internal/eventlog/natslog", "BenchmarkAppendOne", []figure{
			{what: "durable appends, one waiting at a time", required: 3000, unit: "records/s", least: true}}},
		{"./internal/eventlog/natslog", "BenchmarkAppend500Waiting", []figure{
			{what: "durable appends, 500 waiting", required: 50_000, unit: "records/s", least: true}}},
		{"./internal/archive/archiver", "BenchmarkCatchUp", []figure{
			{what: "archiver catching up", required: 50_000, unit: "rows/s", least: true}}},
		{"./internal/analysis", "BenchmarkTallyAdd/chatters=500", []figure{
			{what: "tally of a message, without the classifier", required: 1000, unit: "ns/op"},
			{what: "… allocations", required: 0, unit: "allocs/op"}}},
		{"./internal/chat/stomp", "BenchmarkAppendMessage", []figure{
			{what: "encoding a message for a room", required: 1000, unit: "ns/op"},
			{what: "… allocations", required: 0, unit: "allocs/op"}}},
	} {
		all = append(all, b.run(ctx)...)
	}
	return all
}

func (b benchmark) run(ctx context.Context) []figure {
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^"+strings.ReplaceAll(b.name, "/", "$/^")+"$",
		"-benchtime", "3s", "-benchmem", b.pkg)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	figures := b.figures
	for i := range figures {
		figures[i].measured, figures[i].err = valueOf(out, figures[i].unit)
		if err != nil {
			figures[i].err = fmt.Errorf("%s: %w", b.name, err)
		}
	}
	return figures
}

// valueOf finds the value before a unit in the output of a benchmark.
func valueOf(out []byte, unit string) (float64, error) { return valueIn(out, "Benchmark", unit) }

// valueIn finds it in the lines whose benchmarks' names begin so.
func valueIn(out []byte, name, unit string) (float64, error) {
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		for i := 1; i < len(fields); i++ {
			if strings.HasPrefix(fields[0], name) && fields[i] == unit {
				return strconv.ParseFloat(fields[i-1], 64)
			}
		}
	}
	return 0, fmt.Errorf("%s printed no %s", name, unit)
}
