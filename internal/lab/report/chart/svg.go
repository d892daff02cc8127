package chart

import (
	"cmp"
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
	"unicode"
)

// The drawing, in units that are pixels on a phone: it is never shown smaller, so
// its text stays readable.
const (
	width, height = 360.0, 200.0
	left, top     = 42.0, 20.0
	bottom        = height - 20
	glyph         = 5.8  // width of a character
	bold          = 6.9  // width of one of a label
	lineGap       = 12.5 // between two labels
	longestLabel  = 15   // characters
	drawn         = 260  // stretches of a line
	read          = 90   // stretches that answer a pointer
)

// pen writes one drawing.
type pen struct {
	strings.Builder
	chart    Chart
	from, to float64 // seconds
	highest  float64 // value at the top
	right    float64 // end of the plot; labels begin after it
}

// SVG draws the chart. It is one element, and all foreign text in it is escaped.
func (c Chart) SVG() string {
	c.Lines = c.Lines[:min(MostLines, len(c.Lines))]
	p := &pen{chart: c}
	p.from, p.to, p.highest = c.ends()
	if !(p.to > p.from) {
		p.to = p.from + 1
	}
	ticks := Ticks(p.highest, 4)
	p.highest = ticks[len(ticks)-1]
	longest := 0
	for _, l := range c.Lines {
		longest = max(longest, len([]rune(label(l.Name))))
	}
	p.right = width - 8 - bold*float64(longest)
	fmt.Fprintf(p, `<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, width, height, escape(c.Title+" over time"))
	p.bands()
	p.axes(ticks)
	for i, l := range c.Lines {
		p.line(i, l)
	}
	p.labels()
	p.readings()
	p.WriteString("</svg>")
	return p.String()
}

func (p *pen) x(at float64) float64 { return left + (p.right-left)*(at-p.from)/(p.to-p.from) }

func (p *pen) y(value float64) float64 { return bottom - (bottom-top)*value/p.highest }

func (p *pen) text(class string, x, y float64, words string) {
	fmt.Fprintf(p, `<text class="%s" x="%.1f" y="%.1f">%s</text>`, class, x, y, escape(words))
}

// bands shades the phases, and names those whose names have room beside the others.
func (p *pen) bands() {
	free := left
	for _, b := range p.chart.Bands {
		from, to := p.x(b.From), p.x(b.To)
		if b.Shaded {
			fmt.Fprintf(p, `<rect class="band" x="%.1f" y="%g" width="%.1f" height="%g"/>`, from, top, max(1, to-from), bottom-top)
		}
		at := max(from, free)
		if end := at + glyph*float64(len(b.Name)); end <= to || (at == from && end <= width) {
			p.text("phase", at, top-6, b.Name)
			free = end + 2*glyph
		}
	}
}

func (p *pen) axes(ticks []float64) {
	for _, value := range ticks {
		fmt.Fprintf(p, `<line class="grid" x1="%g" x2="%.1f" y1="%.1f" y2="%.1f"/>`, left, p.right, p.y(value), p.y(value))
		p.text("tick end", left-5, p.y(value)+3.5, tick(value))
	}
	for _, at := range Seconds(p.from, p.to, 7) {
		fmt.Fprintf(p, `<line class="mark" x1="%.1f" x2="%.1f" y1="%g" y2="%g"/>`, p.x(at), p.x(at), bottom, bottom+3)
		p.text("tick mid", p.x(at), bottom+14, Clock(at))
	}
}

// line draws a line in pieces, as it is broken where nothing was measured.
func (p *pen) line(i int, l Line) {
	var path strings.Builder
	move := "M"
	for _, point := range Thin(l.Points, drawn) {
		if math.IsNaN(point.Value) {
			move = "M"
			continue
		}
		fmt.Fprintf(&path, "%s%.1f %.1f", move, p.x(point.At), p.y(point.Value))
		move = "L"
	}
	if path.Len() > 0 {
		fmt.Fprintf(p, `<path class="s%d" d="%s"/>`, i, path.String())
	}
}

// labels stand beside the lines' ends, moved apart where lines are close.
func (p *pen) labels() {
	type end struct {
		line int
		y    float64
	}
	var ends []end
	for i, l := range p.chart.Lines {
		if value, ok := p.lastSteady(l); ok {
			ends = append(ends, end{i, p.y(value)})
		}
	}
	slices.SortStableFunc(ends, func(a, b end) int { return cmp.Compare(a.y, b.y) })
	places := make([]float64, len(ends))
	for i, e := range ends {
		places[i] = e.y
	}
	for i, y := range Spread(places, lineGap, top+6, bottom) {
		p.text(fmt.Sprintf("label t%d", ends[i].line), p.right+6, y+3.5, label(p.chart.Lines[ends[i].line].Name))
	}
}

// lastSteady is a line's last value before the last shaded band: in the drain all
// fall to 0, and their labels with them.
func (p *pen) lastSteady(l Line) (value float64, ok bool) {
	until := p.to
	if n := len(p.chart.Bands); n > 0 && p.chart.Bands[n-1].Shaded {
		until = p.chart.Bands[n-1].From
	}
	for _, point := range l.Points {
		if !math.IsNaN(point.Value) && (!ok || point.At <= until) {
			value, ok = point.Value, true
		}
	}
	return value, ok
}

func label(name string) string {
	if letters := []rune(name); len(letters) > longestLabel {
		return string(letters[:longestLabel-1]) + "…"
	}
	return name
}

// readings are strips that tell a pointer the values beneath it.
func (p *pen) readings() {
	var longest []Point
	for _, l := range p.chart.Lines {
		if len(l.Points) > len(longest) {
			longest = l.Points
		}
	}
	step := max(1, len(longest)/read)
	for i := 0; i < len(longest); i += step {
		from, to := longest[i].At, p.to
		if i+step < len(longest) {
			to = longest[i+step].At
		}
		words := Clock(from)
		for _, l := range p.chart.Lines {
			if value, ok := within(l.Points, from, to); ok {
				words += fmt.Sprintf("\n%s: %s %s", l.Name, short(value), p.chart.Unit)
			}
		}
		fmt.Fprintf(p, `<rect class="read" x="%.1f" y="%g" width="%.1f" height="%g"><title>%s</title></rect>`,
			p.x(from), top, max(0, p.x(to)-p.x(from)), bottom-top, escape(words))
	}
}

// within is the highest value of a stretch.
func within(points []Point, from, to float64) (highest float64, ok bool) {
	for _, p := range points {
		if p.At >= from && p.At < to && (!ok || p.Value > highest) && !math.IsNaN(p.Value) {
			highest, ok = p.Value, true
		}
	}
	return highest, ok
}

// escape takes the meaning out of text, and what no document may hold.
func escape(text string) string {
	return html.EscapeString(strings.Map(func(r rune) rune {
		if (unicode.IsControl(r) && r != '\n') || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "")))
}
