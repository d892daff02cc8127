package analysis

import (
	"bytes"
	"cmp"
	"math/bits"
	"slices"
	"strconv"
	"time"

	"github.com/hubbub-live/hubbub"
)

const (
	sampledUsers = 64 // of a bucket, at most; when there are more, 1 in 2, 4, 8, …
	userTerms    = 8  // of a user in a bucket, at most
	// trendingTerms and trendingUsers bound what is shown: that many terms, each of
	// so many of the sample.
	trendingTerms = 10
	trendingUsers = 2
)

// A usage says that somebody used a term.
type usage struct {
	user uint64 // SenderHash
	// rank orders the terms of one user by chance, for each user in another way, so
	// that no term loses by its name where a user has too many.
	rank uint64
	term term
}

func newUsage(user uint64, t *term) usage {
	return usage{user, t.hash() ^ bits.RotateLeft64(user, 32), *t}
}

// hash is the term's, whoever used it.
func (u *usage) hash() uint64 { return u.rank ^ bits.RotateLeft64(u.user, 32) }

func (u *usage) compare(v *usage) int {
	switch {
	case u.user != v.user:
		return cmp.Compare(u.user, v.user)
	case u.rank != v.rank:
		return cmp.Compare(u.rank, v.rank)
	}
	return bytes.Compare(u.term[:], v.term[:])
}

// usages is which users used which terms: of all users while they are few, else of
// those whose hash begins with `level` zero bits, the fewest with which the users
// are few enough. Of each it has the 8 terms of the lowest rank. So it depends only
// on what was said by whom. The zero value is empty.
type usages struct {
	level int
	users int     // different ones in list
	list  []usage // sorted, each once
}

func (s *usages) sampled(user uint64) bool { return user>>(64-s.level) == 0 }

// add adds the terms of a text. Who is not in the sample costs a comparison.
func (s *usages) add(user uint64, text string) {
	if !s.sampled(user) {
		return
	}
	first := s.find(user)
	for scanner := (termScanner{rest: text}); s.sampled(user) && scanner.next(); {
		s.put(first, newUsage(user, &scanner.term))
	}
}

func (s *usages) merge(other *usages) {
	s.thin(other.level)
	for _, u := range other.list {
		if s.sampled(u.user) {
			s.put(s.find(u.user), u)
		}
	}
}

// find returns where the usages of a user begin, or would.
func (s *usages) find(user uint64) int {
	low, high := 0, len(s.list)
	for low < high {
		if middle := (low + high) / 2; s.list[middle].user < user {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

// put adds a usage of one in the sample, whose usages begin at first.
func (s *usages) put(first int, u usage) {
	at := first
	for at < len(s.list) && s.list[at].compare(&u) < 0 {
		at++
	}
	if at < len(s.list) && s.list[at] == u {
		return
	}
	end := at
	for end < len(s.list) && s.list[end].user == u.user {
		end++
	}
	switch {
	case end-first == userTerms && at == end: // of too high a rank
	case end-first == userTerms:
		copy(s.list[at+1:end], s.list[at:])
		s.list[at] = u
	case end > first:
		s.list = slices.Insert(s.list, at, u)
	default:
		s.list = slices.Insert(s.list, at, u)
		s.users++
		for s.users > sampledUsers {
			s.thin(s.level + 1)
		}
	}
}

// thin drops the users who are not in the sample of a level, if it is higher. They
// are the end of the list.
func (s *usages) thin(level int) {
	if level <= s.level {
		return
	}
	s.level = level
	s.list, s.users = s.list[:s.find(1<<(64-level))], 0
	for i := range s.list {
		if i == 0 || s.list[i].user != s.list[i-1].user {
			s.users++
		}
	}
}

// reset empties s and keeps its memory.
func (s *usages) reset() { s.level, s.users, s.list = 0, 0, s.list[:0] }

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

func (m *mentions) add(hash uint64) { m[hash%uint64(len(m))]++ } // at most 6,144 times

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
