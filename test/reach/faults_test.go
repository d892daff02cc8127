package main

import (
	"errors"
	"testing"
)

func TestJudge(t *testing.T) {
	figures := judge([]cell{
		{Part: "broker", Fault: "SIGKILL", Silence: 2},
		{Part: "controller", Fault: "SIGKILL", Silence: 5, Failed: true},
		{Part: "controller", Fault: "SIGSTOP for 20 s", Silence: 25}, // was not killed
		{Part: "MySQL", Fault: "SIGKILL", CaughtUp: 31},
	}, nil)
	if f := figures[0]; f.measured != 5 || f.err != nil || !f.ok() {
		t.Errorf("the worst of killed brokers is %+v", f)
	}
	if f := figures[1]; f.measured != 31 || f.ok() {
		t.Errorf("that of stores is %+v", f)
	}
	if f := figures[2]; f.err == nil {
		t.Errorf("what was not run is %+v", f)
	}
	if f := figures[len(figures)-1]; f.measured != 1 || f.ok() {
		t.Errorf("cells that failed are %+v", f)
	}
	for _, f := range judge(nil, errors.New("broken")) {
		if f.err == nil {
			t.Errorf("without a matrix it is %+v", f)
		}
	}
}

func TestGain(t *testing.T) {
	out := []byte("BenchmarkArchive/rooms=50/single-2 10 450863 ns/op 2000 rows/s\nBenchmarkArchive/rooms=50/append-2 10 1 ns/op 6000 rows/s\n")
	if x, err := gain(out, "BenchmarkArchive/rooms=50"); err != nil || x != 3 {
		t.Errorf("it is %v, %v", x, err)
	}
	if _, err := gain(out, "BenchmarkArchive/rooms=1/"); err == nil {
		t.Error("what was not printed has a gain")
	}
}
