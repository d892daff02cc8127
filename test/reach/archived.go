package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// archived measures what batches bring over single inserts into Cassandra, 64 of these
// under way.
func archived(ctx context.Context) []figure {
	figures := []figure{
		{what: "archiver into Cassandra over single inserts, one room", required: 4, unit: "x", least: true},
		{what: "archiver into Cassandra over single inserts, 50 rooms", required: 4, unit: "x", least: true},
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^BenchmarkArchive$", "-benchtime", "5s", "./internal/archive/cassandraarchive")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	fmt.Fprintf(os.Stderr, "%s", out)
	if err != nil {
		return either(figures, err)
	}
	for i, rooms := range []int{1, 50} {
		figures[i].measured, figures[i].err = gain(out, fmt.Sprintf("BenchmarkArchive/rooms=%d", rooms))
	}
	return figures
}

// gain is how many times more rows a second batches of a benchmark bring than single
// ones.
func gain(out []byte, benchmark string) (float64, error) {
	single, err := valueIn(out, benchmark+"/single", "rows/s")
	if err != nil {
		return 0, err
	}
	batches, err := valueIn(out, benchmark+"/append", "rows/s")
	return batches / single, err
}
