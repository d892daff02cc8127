package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hubbub-live/hubbub/test/promise"
)

// recorder is a test that says into events what Tried records.
type recorder struct {
	test   string
	events *strings.Builder
}

func (r recorder) Attr(key, value string) {
	fmt.Fprintf(r.events, `{"Action":"attr","Package":"github.com/hubbub-live/hubbub/a","Test":%q,"Key":%q,"Value":%q}`+"\n", r.test, key, value)
}

func (r recorder) tried(p promise.Promise, times int, counted ...promise.Count) {
	promise.Tried(r, p, "SIGKILL", times, counted...)
}

// tryAll is a run in which each promise but those left out was kept.
func tryAll(leftOut ...promise.Promise) *strings.Builder {
	var b strings.Builder
	for _, p := range promise.All {
		if !strings.Contains(fmt.Sprint(leftOut), string(p.Promise)) {
			name := "Test" + string(p.Promise)
			b.WriteString(events("run a " + name))
			recorder{name, &b}.tried(p.Promise, 3, promise.Count{What: "logged", N: 100}, promise.Count{What: "ms late", N: 7, Worst: true})
			b.WriteString(events("pass a " + name))
		}
	}
	return &b
}

func TestPromises(t *testing.T) {
	for _, tt := range []struct {
		name string
		more func(*strings.Builder)
		want string // a row has it
		ok   bool
	}{
		{"all are kept", func(*strings.Builder) {},
			"| G1 acked is durable | SIGKILL | 3 | 100 logged, 7 ms late | kept |", true},
		{"again, in another test: figures add up, the worst stands", func(b *strings.Builder) {
			recorder{"TestMore", b}.tried("G1", 4, promise.Count{What: "logged", N: 11}, promise.Count{What: "ms late", N: 3, Worst: true})
			b.WriteString(events("pass a TestMore"))
		}, "| G1 acked is durable | SIGKILL | 7 | 111 logged, 7 ms late | kept |", true},
		{"a test failed after it counted", func(b *strings.Builder) {
			recorder{"TestMore", b}.tried("G9", 1, promise.Count{What: "refused", N: 1})
			b.WriteString(events("fail a TestMore"))
		}, "| G9 bad input gets a clear answer | SIGKILL | 4 | 100 logged, 7 ms late, 1 refused | BROKEN |", false},
		{"the same test failed once and passed once", func(b *strings.Builder) {
			for _, end := range []string{"fail", "pass"} {
				recorder{"TestMore", b}.tried("G2", 1, promise.Count{What: "logged", N: 1})
				b.WriteString(events(end + " a TestMore"))
			}
		}, "| G2 one order | SIGKILL | 5 | 102 logged, 7 ms late | BROKEN |", false},
		{"a test never ended", func(b *strings.Builder) {
			recorder{"TestMore", b}.tried("G3", 1, promise.Count{What: "logged", N: 1})
		}, "| G3 nothing missing unnoticed | SIGKILL | 4 | 101 logged, 7 ms late | BROKEN |", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			run := tryAll()
			tt.more(run)
			expectReport(t, run.String(), tt.want, tt.ok)
		})
	}
	t.Run("one was not tested", func(t *testing.T) {
		expectReport(t, tryAll("G8").String(), "| G8 visible age | nothing | 0 | – | not tested |", false)
	})
}

func expectReport(t *testing.T, run, want string, ok bool) {
	t.Helper()
	all := trials{}
	if err := all.read(strings.NewReader(run)); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	got := all.report(&out)
	if rows := strings.Join(strings.Fields(out.String()), " "); got != ok || !strings.Contains(rows, want) {
		t.Errorf("%v, want %v and %s in\n%s", got, ok, want, out.String())
	}
}

func TestTrialsThatShowNothingAreErrors(t *testing.T) {
	for _, bad := range []struct {
		promise promise.Promise
		times   int
		counted []promise.Count
	}{
		{"G0", 1, []promise.Count{{What: "logged"}}},
		{"G1", 0, []promise.Count{{What: "logged"}}},
		{"G1", 1, nil},
	} {
		var b strings.Builder
		recorder{"TestX", &b}.tried(bad.promise, bad.times, bad.counted...)
		if err := (trials{}).read(strings.NewReader(b.String())); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}
