package chart

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Ticks are round values from 0 on, the last at or above highest, about n of them.
func Ticks(highest float64, n int) []float64 {
	if !(highest > 0) || math.IsInf(highest, 0) {
		highest = 1
	}
	step := math.Pow(10, math.Floor(math.Log10(highest/float64(n))))
	for _, factor := range []float64{1, 2, 5, 10} {
		if factor*step*float64(n) >= highest {
			step *= factor
			break
		}
	}
	ticks := []float64{0}
	for i := 1; ticks[len(ticks)-1] < highest; i++ {
		ticks = append(ticks, float64(i)*step)
	}
	return ticks
}

// Seconds are round seconds between from and to, at most n of them.
func Seconds(from, to float64, n int) []float64 {
	steps := []float64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600}
	i := slices.IndexFunc(steps, func(s float64) bool { return (to-from)/s <= float64(n-1) })
	step := steps[max(0, i)]
	if i < 0 {
		step = 3600 * math.Ceil((to-from)/3600/float64(n-1))
	}
	var ticks []float64
	for at := math.Ceil(from/step) * step; at <= to && len(ticks) < n; at += step {
		ticks = append(ticks, at)
	}
	return ticks
}

// Clock writes seconds since the start as minutes and seconds, 5:30.
func Clock(seconds float64) string {
	s := int64(math.Round(seconds))
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// tick writes a round value shortly: 125k, 2.5, 0.05.
func tick(value float64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if value >= unit.size {
			return short(value/unit.size) + unit.name
		}
	}
	return short(value)
}

func short(value float64) string {
	text := strconv.FormatFloat(value, 'g', 4, 64)
	return strings.TrimSuffix(text, ".0")
}

// Spread moves places, given from the top down, so that each is at least gap
// below the one before and all lie between top and bottom, if they fit.
func Spread(places []float64, gap, top, bottom float64) []float64 {
	spread := slices.Clone(places)
	for i := range spread {
		spread[i] = max(spread[i], top)
		if i > 0 {
			spread[i] = max(spread[i], spread[i-1]+gap)
		}
	}
	for i := len(spread) - 1; i >= 0; i-- {
		spread[i] = min(spread[i], bottom)
		if i+1 < len(spread) {
			spread[i] = min(spread[i], spread[i+1]-gap)
		}
	}
	return spread
}
