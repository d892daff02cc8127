package report

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Bounds of dealing: up to mostDeals ways are all looked at, of more so many.
const (
	mostDeals  = 50_000
	someOfMany = 20_000
)

// A deal says of each run whether it is in the first of two groups.
type deal []bool

// deals are the ways to deal n runs into one group of k and another of the rest. The
// first has the first k runs in the first group, as it was. Where both groups are of
// one size, swapping them is no other way.
func deals(n, k int) []deal {
	if ways(n, k) > mostDeals {
		return someDeals(n, k)
	}
	var all []deal
	var add func(d deal, next, left int)
	add = func(d deal, next, left int) {
		if left == 0 {
			all = append(all, slices.Clone(d))
			return
		}
		for i := next; i <= n-left && (i == 0 || n != 2*k || left < k); i++ {
			d[i] = true
			add(d, i+1, left-1)
			d[i] = false
		}
	}
	add(make(deal, n), 0, k)
	return all
}

func ways(n, k int) float64 {
	w := 1.0
	for i := range k {
		w *= float64(n-i) / float64(k-i)
	}
	return w
}

// someDeals are the first deal and random ones, the same at every call.
func someDeals(n, k int) []deal {
	random := rand.New(rand.NewPCG(1, 2))
	all := make([]deal, someOfMany)
	for i := range all {
		order := random.Perm(n)
		all[i] = make(deal, n)
		for run, place := range order {
			all[i][run] = place < k
			if i == 0 {
				all[i][run] = run < k
			}
		}
	}
	return all
}

// means are those of the values that a deal gives to its first group and of the
// rest, and the squared distances from them, summed.
func means(values []float64, d deal) (first, rest, squares float64) {
	n := 0.0
	for i, v := range values {
		if d[i] {
			first, n = first+v, n+1
		} else {
			rest += v
		}
	}
	first, rest = first/n, rest/(float64(len(values))-n)
	for i, v := range values {
		mean := rest
		if d[i] {
			mean = first
		}
		squares += (v - mean) * (v - mean)
	}
	return first, rest, squares
}

// weight is how far apart a deal's groups are, in units of how far apart runs of one
// group are; 0 if the difference is too small to matter.
func (t trait) weight(c column, d deal) float64 {
	a, b, squares := means(c.level(d.groups()), d)
	if !t.matters(a, b) {
		return 0
	}
	return math.Abs(b-a) / math.Sqrt(squares/(float64(len(d))-c.fitted()))
}

// A contest is figures that are tested together: how often does chance alone make
// any of them as different as one of them is?
type contest struct {
	chance  float64 // how often it may find a difference where there is none
	deals   []deal
	highest []float64 // weight of any figure, by deal
}

// enter adds a figure.
func (c *contest) enter(t trait, values column) {
	if c.highest == nil {
		c.highest = make([]float64, len(c.deals))
	}
	for i, deal := range c.deals {
		c.highest[i] = max(c.highest[i], t.weight(values, deal))
	}
}

// asMuch is how many deals have some figure at least as far apart as a weight.
func (c *contest) asMuch(weight float64) (n int) {
	for _, h := range c.highest {
		if h >= weight*(1-1e-9) { // sums in another order round otherwise
			n++
		}
	}
	return n
}

// band is the largest difference of two groups' means that is left to chance, from
// how the runs of each group differ from its mean, which is what repeats are for.
func (c *contest) band(of column) float64 {
	values := of.level(c.deals[0].groups())
	a, b, _ := means(values, c.deals[0])
	left := make([]float64, len(values))
	for i, v := range values {
		mean := b
		if c.deals[0][i] {
			mean = a
		}
		left[i] = (v - mean) * math.Sqrt(float64(len(values))/(float64(len(values))-of.fitted())) // which is missing from what is left
	}
	apart := make([]float64, len(c.deals))
	for i, deal := range c.deals {
		first, rest, _ := means(left, deal)
		apart[i] = math.Abs(rest - first)
	}
	slices.Sort(apart)
	if apart[len(apart)-1] <= dust*max(math.Abs(a), math.Abs(b)) {
		return 0
	}
	return apart[len(apart)-1-int(c.chance*float64(len(apart)))]
}
