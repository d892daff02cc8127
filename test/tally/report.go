package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// report prints the table and, last, "N passed, N failed". It returns whether
// all is well: nothing failed or was skipped, no row is empty, every version is
// known. A result belongs to the first row that has it.
func report(w io.Writer, rows []row, results []result, version func(string) (string, error)) bool {
	tallies := make([][3]int, len(rows)+1) // by outcome; the last is of no row
	var total [3]int
	var complaints []string
	for _, x := range results {
		i := slices.IndexFunc(rows, func(r row) bool { return r.has(x) })
		if i < 0 {
			i = len(rows)
		}
		tallies[i][x.outcome]++
		total[x.outcome]++
		if x.outcome != passed {
			complaints = append(complaints, complaint(x))
		}
	}
	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SUITE\tVERSION\tTESTS\tFAILED")
	for i, r := range rows {
		v, err := version(r.version)
		if err != nil {
			complaints = append(complaints, fmt.Sprintf("version of %s: %v", r.name, err))
			v = "?"
		}
		ran := tallies[i][passed] + tallies[i][failed]
		if ran == 0 {
			complaints = append(complaints, fmt.Sprintf("%s: no test ran", r.name))
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\n", r.name, v, ran, tallies[i][failed])
	}
	rest := tallies[len(rows)]
	fmt.Fprintf(table, "everything else\t\t%d\t%d\n", rest[passed]+rest[failed], rest[failed])
	_ = table.Flush() // a terminal that is gone reads no more
	for _, text := range complaints {
		fmt.Fprintln(w, "!", text)
	}
	bad := len(complaints) - total[failed]
	fmt.Fprintf(w, "%d passed, %d failed\n", total[passed], total[failed]+bad)
	return len(complaints) == 0
}

func complaint(x result) string {
	name := x.test
	if name == "" {
		name = "(outside its tests)"
	}
	how := "failed"
	if x.outcome == skipped {
		how = "was skipped"
	}
	return fmt.Sprintf("%s: %s %s %s", x.run, x.pkg, name, how)
}
