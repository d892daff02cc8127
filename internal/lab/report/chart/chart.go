// Package chart draws lines over time as SVG that stands in a page: without
// script, in the page's own colours (classes s0 to s5), with a label at the end of
// every line instead of a legend. It is pure.
package chart

import "math"

// MostLines is how many lines can be told apart; further ones are not drawn.
const MostLines = 6

// A Chart is lines over the same seconds.
type Chart struct {
	Title string
	Unit  string // of every line; "" for a plain number
	Lines []Line
	Bands []Band
}

// A Line is one thing that was measured. Its colour is that of its place.
type Line struct {
	Name   string
	Points []Point
}

// A Point is a value at a second since the start; NaN breaks the line.
type Point struct{ At, Value float64 }

// A Band is a stretch of time with a name.
type Band struct {
	Name     string
	From, To float64 // seconds since the start
	Shaded   bool
}

// Empty says that there is nothing to draw.
func (c Chart) Empty() bool {
	for _, l := range c.Lines {
		for _, p := range l.Points {
			if !math.IsNaN(p.Value) {
				return false
			}
		}
	}
	return true
}

// ends are the first second, at most 0, the last, and the highest value of all lines.
func (c Chart) ends() (from, to, highest float64) {
	for _, l := range c.Lines {
		for _, p := range l.Points {
			from, to = min(from, p.At), max(to, p.At)
			if p.Value > highest { // false for NaN
				highest = p.Value
			}
		}
	}
	for _, b := range c.Bands {
		from, to = min(from, b.From), max(to, b.To)
	}
	return from, to, highest
}

// Thin leaves at most about twice n points, and of every stretch the lowest and
// the highest value: a spike of one second stays visible in an hour.
func Thin(points []Point, n int) []Point {
	if len(points) <= 2*n {
		return points
	}
	var kept []Point
	for i := range n {
		part := points[i*len(points)/n : (i+1)*len(points)/n]
		low, high := 0, 0
		for j, p := range part {
			if math.IsNaN(p.Value) {
				continue
			}
			if !(part[low].Value <= p.Value) {
				low = j
			}
			if !(part[high].Value >= p.Value) {
				high = j
			}
		}
		kept = append(kept, part[min(low, high)])
		if low != high {
			kept = append(kept, part[max(low, high)])
		}
	}
	return kept
}
