// Command reach measures what hubbub has to reach and prints it beside what is
// required: benchmarks of the packages, start and memory of the real binary, and
// a load test by the lab; or, with -cluster, hubbub in its roles on all engines. It is
// a report to be read, not a test: the machine may be busy. `make bench-reach` and
// `make bench-cluster` run it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"text/tabwriter"
	"time"
)

// A figure is one line of the report.
type figure struct {
	what     string
	required float64
	unit     string
	least    bool // required is the least, not the most
	measured float64
	err      error
}

func (f figure) ok() bool {
	if f.least {
		return f.measured >= f.required
	}
	return f.measured <= f.required
}

// A section measures some figures.
type section struct {
	name    string
	measure func(context.Context) []figure
}

func main() {
	only := flag.String("only", "", "sections to run, separated by commas; empty: all")
	binary := flag.String("hubbub", "bin/hubbub", "the program")
	duration := flag.Duration("duration", 5*time.Minute, "of the load test's steady window")
	out := flag.String("out", "", "folder for the load test's results; empty: a temporary one")
	messages := flag.Int("messages", 1_000_000, "in the folder that a start is measured on")
	fanload := flag.String("fanload", "", "binary of an independent load generator to compare the lab with, instead of all else")
	runs := flag.Int("runs", 3, "of each in that comparison")
	onCluster := flag.Bool("cluster", false, "measure a cluster instead of one process")
	point := flag.Duration("point", 20*time.Second, "of a point of the curve of produce requests")
	backlog := flag.Int("backlog", 300_000, "messages that the relay is measured on")
	cells := flag.String("cells", "", "file with the cells of a kill matrix that was run; empty: it is run")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	program := program{path: *binary}
	sections := []section{
		{"reference", func(ctx context.Context) []figure { return program.reference(ctx, *duration, *out) }},
		{"packages", packages},
		{"start", func(ctx context.Context) []figure { return program.starts(ctx, *messages) }},
		{"size", program.sizes},
		{"people", program.people},
	}
	if *onCluster {
		sections = []section{
			{"reference", func(ctx context.Context) []figure { return program.clusterReference(ctx, loadTest{*duration, *out}) }},
			{"produce", func(ctx context.Context) []figure { return program.produce(ctx, *point) }},
			{"archiver", archived},
			{"relay", func(ctx context.Context) []figure { return relayed(ctx, *backlog) }},
			{"faults", func(ctx context.Context) []figure { return program.faults(ctx, *cells) }},
		}
	}
	if *fanload != "" {
		sections = []section{{"lab", func(ctx context.Context) []figure { return program.beside(ctx, *fanload, *runs, *duration) }}}
	}
	if !print(ctx, *only, sections) {
		os.Exit(1)
	}
}

// print measures the sections and prints the table; false if something is not reached.
func print(ctx context.Context, only string, sections []section) bool {
	var all []figure
	for _, s := range sections {
		if only != "" && !strings.Contains(","+only+",", ","+s.name+",") {
			continue
		}
		fmt.Fprintf(os.Stderr, "── %s\n", s.name)
		all = append(all, s.measure(ctx)...)
	}
	ok := true
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	fmt.Fprintln(table, "| What\t| Required\t| Measured\t| Measured / required\t| |")
	fmt.Fprintln(table, "| ---\t| ---\t| ---\t| ---\t| --- |")
	for _, f := range all {
		sign, verdict := "≤", "reached"
		if f.least {
			sign = "≥"
		}
		if f.err != nil || !f.ok() {
			verdict, ok = "not reached", false
		}
		if f.err != nil {
			fmt.Fprintf(table, "| %s\t| %s %s %s\t| %v\t| –\t| %s |\n", f.what, sign, number(f.required), f.unit, f.err, verdict)
			continue
		}
		ratio := "–"
		if f.required != 0 {
			ratio = fmt.Sprintf("%.2f", f.measured/f.required)
		}
		fmt.Fprintf(table, "| %s\t| %s %s %s\t| %s\t| %s\t| %s |\n", f.what, sign, number(f.required), f.unit, number(f.measured), ratio, verdict)
	}
	_ = table.Flush() // a terminal that is gone reads no more
	return ok
}

// number prints three digits that count.
func number(x float64) string {
	switch {
	case x >= 1000:
		return fmt.Sprintf("%.0f", x)
	case x >= 10 || x == 0:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.3f", x)
}
