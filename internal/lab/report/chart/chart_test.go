package chart

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTicks(t *testing.T) {
	for _, test := range []struct {
		highest float64
		want    string
	}{{0, "0 0.5 1"}, {math.NaN(), "0 0.5 1"}, {1, "0 0.5 1"}, {253, "0 100 200 300"}, {125_000, "0 50k 100k 150k"}, {0.36, "0 0.1 0.2 0.3 0.4"}, {500, "0 200 400 600"}} {
		var words []string
		for _, value := range Ticks(test.highest, 4) {
			words = append(words, tick(value))
		}
		if got := strings.Join(words, " "); got != test.want {
			t.Errorf("up to %v: %s, want %s", test.highest, got, test.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		highest := rapid.Float64Range(1e-9, 1e15).Draw(t, "highest")
		ticks := Ticks(highest, 4)
		if n := len(ticks); ticks[0] != 0 || ticks[n-1] < highest*(1-1e-9) || n < 3 || n > 6 || !slices.IsSorted(ticks) {
			t.Errorf("ticks %v", ticks)
		}
	})
}

func TestSeconds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.Float64Range(0, 1e4).Draw(t, "from")
		to := from + rapid.Float64Range(0, 1e6).Draw(t, "length")
		ticks := Seconds(from, to, 6)
		if len(ticks) > 6 || slices.ContainsFunc(ticks, func(at float64) bool { return at < from || at > to }) {
			t.Errorf("ticks %v", ticks)
		}
	})
	if got := Clock(330.4); got != "5:30" {
		t.Error(got)
	}
}

func TestSpread(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		places := rapid.SliceOfN(rapid.Float64Range(-50, 300), 0, MostLines).Draw(t, "places")
		slices.Sort(places)
		got := Spread(places, lineGap, top, bottom)
		for i, y := range got {
			if y < top-1e-9 || y > bottom || (i > 0 && y-got[i-1] < lineGap-1e-9) {
				t.Errorf("labels overlap or leave the plot: %v", got)
			}
		}
	})
}

// However long a run was, its extremes are drawn.
func TestThin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 50).Draw(t, "n")
		var points []Point
		for i, value := range rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(-1e6, 1e6), rapid.Just(math.NaN())), 0, 400).Draw(t, "values") {
			points = append(points, Point{float64(i), value})
		}
		got := Thin(points, n)
		if len(got) > 2*n && len(got) > len(points) {
			t.Errorf("%d of %d points are left for %d", len(got), len(points), n)
		}
		if a, b := extremes(points), extremes(got); a != b {
			t.Errorf("extremes %v became %v", a, b)
		}
		if !slices.IsSortedFunc(got, func(a, b Point) int { return int(a.At - b.At) }) {
			t.Errorf("out of order: %v", got)
		}
	})
}

func extremes(points []Point) [2]float64 {
	e := [2]float64{math.Inf(1), math.Inf(-1)}
	for _, p := range points {
		if !math.IsNaN(p.Value) {
			e = [2]float64{min(e[0], p.Value), max(e[1], p.Value)}
		}
	}
	return e
}

// Any chart is well-formed, stays in its frame, and makes no markup of names.
func TestSVG(t *testing.T) {
	value := rapid.OneOf(rapid.Float64Range(0, 1e9), rapid.Just(math.NaN()))
	rapid.Check(t, func(t *rapid.T) {
		c := Chart{Title: rapid.String().Draw(t, "title"), Bands: []Band{{"ramp-up", 0, 3, true}, {"steady", 3, 300, false}}}
		for range rapid.IntRange(0, 8).Draw(t, "lines") {
			l := Line{Name: rapid.SampledFrom([]string{"", "sent", `</text><script>alert("1")</script>`, `" onload="x`, "&amp;é漢字漢字漢字漢字漢字漢字"}).Draw(t, "name")}
			for i, v := range rapid.SliceOfN(value, 0, 20).Draw(t, "values") {
				l.Points = append(l.Points, Point{float64(i) * 20, v})
			}
			c.Lines = append(c.Lines, l)
		}
		text := c.SVG()
		if strings.Contains(text, "<script") || strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
			t.Fatal(text)
		}
		for d := xml.NewDecoder(strings.NewReader(text)); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%v in %s", err, text)
			}
			if e, ok := token.(xml.StartElement); ok && slices.ContainsFunc(e.Attr, func(a xml.Attr) bool { return strings.HasPrefix(a.Name.Local, "on") }) {
				t.Fatalf("a name became an attribute: %s", text)
			}
		}
	})
}
