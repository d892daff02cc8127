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

// deals are the ways to deal n runs into one group of k and another of the rest,
// each as the indexes of the first group. The first deal is 0…k-1, as it was. Where
// both groups are of one size, swapping them is no other way.
func deals(n, k int) [][]int {
	if ways(n, k) > mostDeals {
		return someDeals(n, k)
	}
	var all [][]int
	var deal func(chosen []int, next int)
	deal = func(chosen []int, next int) {
		if len(chosen) == k {
			all = append(all, slices.Clone(chosen))
			return
		}
		if n == 2*k && len(chosen) == 0 && next > 0 {
			return // the mirror images
		}
		for i := next; i <= n-k+len(chosen); i++ {
			if n == 2*k && len(chosen) == 0 && i > 0 {
				return
			}
			deal(append(chosen, i), i+1)
		}
	}
	deal(nil, 0)
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
func someDeals(n, k int) [][]int {
	all := make([][]int, someOfMany)
	all[0] = make([]int, k)
	for i := range k {
		all[0][i] = i
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := 1; i < len(all); i++ {
		all[i] = random.Perm(n)[:k]
	}
	return all
}

// means are those of the values that a deal gives to its first group and of the
// rest, and the squared distances from them, summed.
func means(values []float64, deal []int) (first, rest, squares float64) {
	total := 0.0
	for _, v := range values {
		total += v
	}
	for _, i := range deal {
		first += values[i]
	}
	rest = (total - first) / float64(len(values)-len(deal))
	first /= float64(len(deal))
	for i, v := range values {
		mean := rest
		if slices.Contains(deal, i) {
			mean = first
		}
		squares += (v - mean) * (v - mean)
	}
	return first, rest, squares
}

// weight is how far apart a deal's groups are, in units of how far apart runs of one
// group are; 0 if the difference is too small to matter.
func (t trait) weight(values []float64, deal []int) float64 {
	a, b, squares := means(values, deal)
	if !t.matters(a, b) {
		return 0
	}
	return math.Abs(b-a) / math.Sqrt(squares/float64(len(values)-2))
}

// A contest is figures that are tested together: how often does chance alone make
// any of them as different as one of them is?
type contest struct {
	deals   [][]int
	highest []float64 // weight of any figure, by deal
}

// enter adds a figure.
func (c *contest) enter(t trait, values []float64) {
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
func band(values []float64, all [][]int) float64 {
	a, b, _ := means(values, all[0])
	left := make([]float64, len(values))
	for i, v := range values {
		mean := b
		if slices.Contains(all[0], i) {
			mean = a
		}
		left[i] = (v - mean) * math.Sqrt(float64(len(values))/float64(len(values)-2)) // the means have taken two
	}
	apart := make([]float64, len(all))
	for i, deal := range all {
		first, rest, _ := means(left, deal)
		apart[i] = math.Abs(rest - first)
	}
	slices.Sort(apart)
	if apart[len(apart)-1] <= dust*max(math.Abs(a), math.Abs(b)) {
		return 0
	}
	return apart[len(apart)-1-int(chance*float64(len(apart)))]
}
