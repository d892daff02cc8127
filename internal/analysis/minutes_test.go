package analysis

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub"
)

// minutesOf counts messages by minute, the plain way.
func minutesOf(list []Observation) (minutes Minutes) {
	counts := map[int64]Counts{}
	for _, o := range list {
		c := counts[o.Time.Unix()/60]
		c[o.Mood]++
		counts[o.Time.Unix()/60] = c
	}
	for number, c := range counts {
		minutes = append(minutes, Minute{uint64(number), c})
	}
	slices.SortFunc(minutes, func(a, b Minute) int { return int(a.Number) - int(b.Number) })
	return minutes
}

// TestMinutesAddUp splits messages over tallies, in any order, takes minutes out of
// any of them at any time, and merges.
func TestMinutesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := observations(t)
		var taken Minutes
		shares := make([]*Tally, rapid.IntRange(1, 4).Draw(t, "shares"))
		for i := range shares {
			shares[i] = new(Tally)
		}
		every := rapid.IntRange(1, 100).Draw(t, "every")
		for n, i := range rapid.Permutation(indexes(len(list))).Draw(t, "order") {
			share := shares[n%len(shares)]
			share.Add(list[i])
			if n%every == 0 {
				taken.Merge(share.TakeClosed())
				if left := share.Minutes(); len(left) != 1 {
					t.Fatalf("of minutes, %d are left", len(left))
				}
			}
		}
		var merged Tally
		for _, share := range shares {
			merged.Merge(reload(t, share))
		}
		want, whole := minutesOf(list), Tally{}
		for _, o := range list {
			whole.Add(o)
		}
		if got := whole.Minutes(); !slices.Equal(got, want) {
			t.Fatalf("the minutes are %v, added were %v", got, want)
		}

		// What is shown while not everything is taken out.
		shown := slices.Clone(taken)
		shown.Merge(merged.Minutes())
		if !slices.Equal(shown, want) {
			t.Fatalf("taken out and left are %v, added were %v", shown, want)
		}
		// What is stored depends only on the messages.
		taken.Merge(merged.TakeClosed())
		closed := whole.TakeClosed()
		if !slices.Equal(taken, closed) || !bytes.Equal(merged.AppendState(nil), whole.AppendState(nil)) {
			t.Fatalf("it depends on the split: %v and %x, %v and %x", taken, merged.AppendState(nil), closed, whole.AppendState(nil))
		}
	})
}

func TestWhatIsTakenOutIsTheCallers(t *testing.T) {
	var tally Tally
	for i := range 3 {
		tally.Add(Observation{Time: start.Add(time.Duration(i) * time.Minute)})
	}
	taken := tally.TakeClosed()
	again := slices.Clone(taken)
	for i := range 10 {
		tally.Add(Observation{Time: start.Add(time.Duration(i) * time.Minute)})
	}
	if !slices.Equal(taken, again) {
		t.Errorf("%v became %v", again, taken)
	}
}

func TestBetween(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minutes := minutesOf(observations(t))
		base := FirstMinute(start)
		first := base + rapid.Uint64Range(0, 6).Draw(t, "first")
		end := base + rapid.Uint64Range(0, 6).Draw(t, "end")
		var want Minutes
		for _, m := range minutes {
			if m.Number >= first && m.Number < end {
				want = append(want, m)
			}
		}
		if got := minutes.Between(first, end); !slices.Equal(got, want) {
			t.Fatalf("from %d to %d: %v, want %v", first, end, got, want)
		}
		if n := len(minutes.Between(0, math.MaxUint64)); n != len(minutes) {
			t.Fatalf("of all %d there are %d", len(minutes), n)
		}
	})
}

func TestFirstMinute(t *testing.T) {
	for _, c := range []struct {
		why  string
		at   time.Time
		want time.Time
	}{
		{"a minute begins at it", start, start},
		{"the least after", start.Add(time.Nanosecond), start.Add(time.Minute)},
		{"the least before", start.Add(-time.Nanosecond), start},
		{"in another zone", start.In(time.FixedZone("", 9*3600+1800)), start},
		{"before minutes are counted", time.Time{}, time.Unix(0, 0)},
		{"the last that can be written", time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		m := Minute{Number: FirstMinute(c.at)}
		if got := m.Start(); !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", c.why, got, c.want)
		}
	}
}

func TestMinutesAreJSON(t *testing.T) {
	var tally Tally
	for i := range 7 {
		tally.Add(Observation{Time: start.Add(time.Duration(i) * 40 * time.Second), Mood: hubbub.Mood(i % 3)})
	}
	for _, minutes := range []Minutes{nil, tally.Minutes()} {
		var got []struct {
			At       time.Time
			Messages uint64
			Counts   map[string]uint64
		}
		text := minutes.AppendJSON(nil)
		if err := json.Unmarshal(text, &got); err != nil || got == nil || len(got) != len(minutes) {
			t.Fatalf("%s: %v", text, err)
		}
		for i, m := range minutes {
			if !got[i].At.Equal(m.Start()) || got[i].Messages != m.Counts.Total() || len(got[i].Counts) != hubbub.Moods || got[i].Counts["criticism"] != m.Counts[hubbub.Criticism] {
				t.Errorf("%v is shown as %+v", m, got[i])
			}
		}
	}
}
