package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/hubbub-live/hubbub/test/promise"
)

// trials are what was tried, by promise and fault in the order of the events.
type trials map[promise.Promise][]*trial

// A trial is all those of one promise and fault, with figures added up.
type trial struct {
	promise.Trial
	broken bool // a test that made it did not pass
}

// read takes the trials of a run's events. A test that has not ended did not pass.
func (all trials) read(r io.Reader) error {
	type test struct{ pkg, name string }
	open := map[test][]*trial{}
	err := each(r, func(_ []byte, e event, ok bool) error {
		it := test{e.Package, e.Test}
		switch {
		case ok && e.Action == "attr" && e.Key == promise.Attribute:
			tried, err := promise.Parse(e.Value)
			if err != nil {
				return fmt.Errorf("%s: %w", e.Test, err)
			}
			open[it] = append(open[it], all.add(tried))
		case ok && (e.Action == "fail" || e.Action == "skip"):
			for _, t := range open[it] {
				t.broken = true
			}
			delete(open, it)
		case ok && e.Action == "pass":
			delete(open, it)
		}
		return nil
	})
	for unended := range maps.Values(open) {
		for _, t := range unended {
			t.broken = true
		}
	}
	return err
}

// add adds a trial to those of the same fault.
func (all trials) add(tried promise.Trial) *trial {
	for _, t := range all[tried.Promise] {
		if t.Fault == tried.Fault {
			t.Times += tried.Times
			t.count(tried.Counted)
			return t
		}
	}
	t := &trial{Trial: tried}
	all[tried.Promise] = append(all[tried.Promise], t)
	return t
}

func (t *trial) count(more []promise.Count) {
	for _, c := range more {
		i := slices.IndexFunc(t.Counted, func(known promise.Count) bool { return known.What == c.What })
		switch {
		case i < 0:
			t.Counted = append(t.Counted, c)
		case c.Worst:
			t.Counted[i].N = max(t.Counted[i].N, c.N)
		default:
			t.Counted[i].N += c.N
		}
	}
}

// report prints a table in Markdown and, last, how many promises were kept. It
// returns whether all were: a promise for which nothing was done was not.
func (all trials) report(w io.Writer) bool {
	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	fmt.Fprintln(table, "| Promise\t| What was done to the system\t| Times\t| What was counted\t| Verdict\t|")
	fmt.Fprintln(table, "| ---\t| ---\t| ---\t| ---\t| ---\t|")
	kept := 0
	for _, p := range promise.All {
		name, well := string(p.Promise)+" "+p.Words, len(all[p.Promise]) > 0
		if !well {
			fmt.Fprintf(table, "| %s\t| nothing\t| 0\t| –\t| not tested\t|\n", name)
		}
		for _, t := range all[p.Promise] {
			verdict := "kept"
			if t.broken {
				verdict, well = "BROKEN", false
			}
			fmt.Fprintf(table, "| %s\t| %s\t| %d\t| %s\t| %s\t|\n", name, t.Fault, t.Times, figures(t.Counted), verdict)
			name = ""
		}
		if well {
			kept++
		}
	}
	_ = table.Flush() // a terminal that is gone reads no more
	fmt.Fprintf(w, "%d of %d promises kept\n", kept, len(promise.All))
	return kept == len(promise.All)
}

func figures(counted []promise.Count) string {
	var texts []string
	for _, c := range counted {
		texts = append(texts, fmt.Sprintf("%d %s", c.N, c.What))
	}
	return strings.Join(texts, ", ")
}
