package analysis

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/hubbub-live/hubbub"
)

// What is shown: so many terms, each of so many of the sample.
const (
	trendingTerms = 10
	trendingUsers = 2
)

// A Trend is a term and about how many different users used it.
type Trend struct {
	Term  string
	Users uint64
}

// trending returns the terms that most users used in the window at a time, most
// first, of those users who are in the samples of all buckets.
func (w *window) trending(at time.Time) []Trend {
	all := usages{} // its level is theirs
	w.until(w.last(at), func(b *bucket) { all.level = max(all.level, b.usages.level) })
	var seen mentions
	w.sample(at, &all, func(u *usage) { seen.add(u.hash()) })
	// Only what was mentioned most is looked at, unless what was mentioned less could
	// be in it too: how often is no less than by how many.
	least := seen.least()
	top := w.most(at, &all, &seen, least)
	switch {
	case len(top) < trendingTerms:
		top = w.most(at, &all, &seen, trendingUsers)
	case top[trendingTerms-1].users < least:
		top = w.most(at, &all, &seen, top[trendingTerms-1].users)
	}
	trends := make([]Trend, len(top))
	for i, t := range top {
		trends[i] = Trend{string(t.term.text()), uint64(t.users) << all.level}
	}
	return trends
}

// sample visits the usages in the window at a time of those in a sample.
func (w *window) sample(at time.Time, of *usages, visit func(*usage)) {
	w.until(w.last(at), func(b *bucket) {
		for i := range b.usages.list {
			if !of.sampled(b.usages.list[i].user) {
				return
			}
			visit(&b.usages.list[i])
		}
	})
}

// A trend is a Trend while it is being looked for.
type trend struct {
	users int
	term  *term
}

func (t trend) compare(o trend) int {
	return cmp.Or(cmp.Compare(o.users, t.users), bytes.Compare(t.term[:], o.term[:]))
}

// most returns the terms that most users of a sample used, of those that may have
// been mentioned so often at least.
func (w *window) most(at time.Time, of *usages, seen *mentions, least int) (top []trend) {
	type mention struct {
		hash uint64
		by   *usage
	}
	var list []mention
	w.sample(at, of, func(u *usage) {
		if hash := u.hash(); seen.of(hash) >= least {
			list = append(list, mention{hash, u})
		}
	})
	slices.SortFunc(list, func(a, b mention) int {
		if a.hash != b.hash {
			return cmp.Compare(a.hash, b.hash)
		}
		return cmp.Compare(a.by.user, b.by.user)
	})
	for i := 0; i < len(list); {
		t := trend{users: 1, term: &list[i].by.term}
		for i++; i < len(list) && list[i].hash == list[i-1].hash; i++ {
			if list[i].by.user != list[i-1].by.user {
				t.users++
			}
		}
		if t.users >= trendingUsers {
			place, _ := slices.BinarySearchFunc(top, t, trend.compare)
			top = slices.Insert(top, place, t)
			top = top[:min(len(top), trendingTerms)]
		}
	}
	return top
}

// mentions counts how often hashes were seen; some share a count.
type mentions [4096]uint16

func (m *mentions) add(hash uint64) { m[hash%uint64(len(m))]++ } // at most 3,072 times

func (m *mentions) of(hash uint64) int { return int(m[hash%uint64(len(m))]) }

// least returns the highest count that some more than what is shown have, and no less
// than what is shown has.
func (m *mentions) least() int {
	const some = 4 * trendingTerms
	var having [256]int
	for _, n := range m {
		having[min(int(n), len(having)-1)]++
	}
	least := len(having) - 1
	for many := having[least]; many < some && least > trendingUsers; many += having[least] {
		least--
	}
	return least
}

// appendTrends appends [{"term":…,"users":n},…].
func appendTrends(dst []byte, trends []Trend) []byte {
	dst = append(dst, '[')
	for i, t := range trends {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"term":`...)
		dst = hubbub.AppendString(dst, t.Term)
		dst = append(dst, `,"users":`...)
		dst = strconv.AppendUint(dst, t.Users, 10)
		dst = append(dst, '}')
	}
	return append(dst, ']')
}
