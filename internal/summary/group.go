package summary

import (
	"cmp"
	"slices"
)

// A group is lines that say much the same as its first, the leader.
type group struct {
	lines  []int
	people int
}

// maxGroups is how many groups are kept apart, so that n lines cost n times that.
const maxGroups = 64

// groups puts lines together by leader clustering: each joins the leader that it is
// most alike, or becomes one. When there are too many, the smallest and oldest
// group makes room; what many say comes again. Those of most people come first,
// of equal ones those with the better leader, then the earlier.
func (w *window) groups(lines []int) []group {
	var all []group
	for _, i := range lines {
		near, nearest := 0.0, 0
		for g := range all {
			if a := w.alike(all[g].lines[0], i); a > near {
				near, nearest = a, g
			}
		}
		if near > tooAlike { // half is too little where there are two words
			all[nearest].lines = append(all[nearest].lines, i)
			continue
		}
		if len(all) == maxGroups {
			smallest := 0
			for g := range all {
				if len(all[g].lines) < len(all[smallest].lines) {
					smallest = g
				}
			}
			all = slices.Delete(all, smallest, smallest+1)
		}
		all = append(all, group{lines: []int{i}})
	}
	for g := range all {
		all[g].people = w.crowd(all[g].lines)
	}
	slices.SortStableFunc(all, func(a, b group) int {
		return cmp.Or(cmp.Compare(b.people, a.people), cmp.Compare(w.score(b.lines[0]), w.score(a.lines[0])))
	})
	return all
}
