package obs

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestFloodsAreHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log, err := Logger(&out, "text", "info")
		if err != nil {
			t.Fatal(err)
		}
		part := log.With("part", "a") // of the same memory
		for i := range 100 {
			part.Warn("gone", "try", i)
			log.Info("said", "n", i)
		}
		log.Error("another")
		if n, said := strings.Count(out.String(), "msg=gone"), strings.Count(out.String(), "msg=said"); n != 5 || said != 100 || !strings.Contains(out.String(), "another") {
			t.Errorf("%d of 100 warnings and %d of 100 others were written", n, said)
		}
		time.Sleep(10 * time.Second)
		out.Reset()
		part.Warn("gone")
		if line := out.String(); !strings.Contains(line, "held_back=95") || !strings.Contains(line, "part=a") {
			t.Errorf("it says %s", line)
		}
		out.Reset()
		part.Warn("gone")
		if line := out.String(); strings.Contains(line, "held_back") {
			t.Errorf("it says it again: %s", line)
		}
	})
}

func TestFloodsAreBounded(t *testing.T) {
	f := newFlood(slog.DiscardHandler)
	for i := range 10 * floodBound {
		f.count(fmt.Sprint(i), time.Now())
	}
	if len(f.of) > floodBound {
		t.Errorf("%d texts are remembered", len(f.of))
	}
}
