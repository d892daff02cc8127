package analysis

import (
	"strconv"

	"github.com/hubbub-live/hubbub"
)

// Counts are messages per mood.
type Counts [hubbub.Moods]uint64

// Total is the number of messages.
func (c *Counts) Total() uint64 {
	var total uint64
	for _, n := range c {
		total += n
	}
	return total
}

func (c *Counts) merge(other *Counts) {
	for i, n := range other {
		c[i] += n
	}
}

// shared shares units out by mood: n·units/total each, which sum to exactly units; what
// rounding down leaves over goes to the largest remainders, the earlier mood first.
// Without messages they are all 0.
func (c *Counts) shared(units uint64) (shares Counts) {
	total := c.Total()
	if total == 0 {
		return shares
	}
	left := units
	var remainder Counts
	for i, n := range c {
		shares[i], remainder[i] = n*units/total, n*units%total
		left -= shares[i]
	}
	for ; left > 0; left-- {
		largest := 0
		for i, r := range remainder {
			if r > remainder[largest] {
				largest = i
			}
		}
		shares[largest]++
		remainder[largest] = 0
	}
	return shares
}

// ratioUnits is 1 in the unit that ratios are printed in: four decimals.
const ratioUnits = 10_000

// Ratios returns each mood's share in units of 1/10,000, which sum to exactly 10,000.
// Without messages they are all 0.
func (c *Counts) Ratios() Counts { return c.shared(ratioUnits) }

// appendCounts appends {"praise":n,…}.
func (c *Counts) appendCounts(dst []byte) []byte {
	for i, n := range c {
		dst = appendLabel(dst, hubbub.Mood(i))
		dst = strconv.AppendUint(dst, n, 10)
	}
	return append(dst, '}')
}

// appendRatios appends {"praise":0.1234,…}, four decimals each.
func (c *Counts) appendRatios(dst []byte) []byte {
	for i, units := range c.Ratios() {
		dst = appendLabel(dst, hubbub.Mood(i))
		dst = append(dst, byte('0'+units/ratioUnits), '.')
		for digit := uint64(ratioUnits / 10); digit > 0; digit /= 10 {
			dst = append(dst, byte('0'+units/digit%10))
		}
	}
	return append(dst, '}')
}

func appendLabel(dst []byte, m hubbub.Mood) []byte {
	if m == 0 {
		dst = append(dst, '{')
	} else {
		dst = append(dst, ',')
	}
	dst = append(dst, '"')
	dst = append(dst, m.String()...)
	return append(dst, '"', ':')
}
