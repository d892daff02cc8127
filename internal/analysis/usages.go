package analysis

import (
	"bytes"
	"math/bits"
	"slices"
)

const (
	sampledUsers = 32 // of a bucket, at most; when there are more, 1 in 2, 4, 8, …
	userTerms    = 8  // of a user in a bucket, at most
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

// before is the order of usages: by user, rank and, for the rare equal ones, term.
func (u *usage) before(v *usage) bool {
	switch {
	case u.user != v.user:
		return u.user < v.user
	case u.rank != v.rank:
		return u.rank < v.rank
	}
	return bytes.Compare(u.term[:], v.term[:]) < 0
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

func (s *usages) sampled(user uint64) bool { return sampled(user, s.level) }

// sampled tells whether a user is in the sample of a level.
func sampled(user uint64, level int) bool { return user>>(64-level) == 0 }

// add adds the terms of a text. Who is not in the sample costs a comparison.
func (s *usages) add(user uint64, text string) {
	if !s.sampled(user) {
		return
	}
	first := s.find(user)
	for scanner := (termScanner{rest: text}); s.sampled(user) && scanner.next(); {
		u := newUsage(user, &scanner.term)
		s.put(first, &u)
	}
}

func (s *usages) merge(other *usages) {
	s.thin(other.level)
	for i := range other.list {
		if u := other.list[i]; s.sampled(u.user) {
			s.put(s.find(u.user), &u)
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
func (s *usages) put(first int, u *usage) {
	at := first
	for at < len(s.list) && s.list[at].before(u) {
		at++
	}
	if at < len(s.list) && s.list[at] == *u {
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
		s.list[at] = *u
	case end > first:
		s.list = slices.Insert(s.list, at, *u)
	default:
		s.list = slices.Insert(s.list, at, *u)
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
