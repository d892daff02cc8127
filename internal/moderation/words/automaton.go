package words

import (
	"cmp"
	"slices"
)

// An automaton is Aho and Corasick's, as a double array: a state is a cell, the
// state after it by an octet of class c is the cell at base+c if that one's check
// is this state, else the octet is tried again from the fail state. As only
// whether anything is found matters, a state in which something is found has no
// states after it.
type automaton struct {
	class [256]uint8 // of an octet; 0: in no key
	cells []cell     // cells[0] is the root
}

type cell struct {
	base  int32 // of a state in which something is found: ^ the key's value
	check int32 // -1: the cell is free
	fail  int32
}

// A key is a text to be found and what its finding returns.
type key struct {
	text  string
	value int32
}

// find returns the value of a key that is in text, or -1. It looks at each octet
// once, and back at no more than it has looked at.
func (a *automaton) find(text []byte) int {
	cells, state := a.cells, int32(0)
	for _, octet := range text {
		c := int32(a.class[octet])
		if c == 0 {
			state = 0
			continue
		}
		for {
			next := cells[state].base + c
			if cells[next].check == state {
				state = next
				break
			}
			if state == 0 {
				break
			}
			state = cells[state].fail
		}
		if base := cells[state].base; base < 0 {
			return int(^base)
		}
	}
	return -1
}

// build makes the automaton of keys, none of which is empty.
func build(keys []key) automaton {
	if len(keys) == 0 {
		return automaton{}
	}
	slices.SortFunc(keys, func(a, b key) int { return cmp.Or(cmp.Compare(a.text, b.text), cmp.Compare(a.value, b.value)) })
	b := builder{}
	for _, k := range keys {
		for i := range len(k.text) {
			b.class[k.text[i]] = 1
		}
	}
	for octet := range b.class {
		if b.class[octet] != 0 {
			b.classes++
			b.class[octet] = uint8(b.classes)
		}
	}
	b.grow(b.classes + 2)
	b.cells[0] = cell{check: 0}
	b.spread(keys)
	// A look-up is within the array whatever the class.
	b.grow(len(b.cells) + b.classes + 1)
	return b.automaton
}

type builder struct {
	automaton
	classes int
	free    int // no cell before it is free
}

// A span is the keys that go through a state: keys[from:to], all alike before depth.
type span struct {
	state           int32
	from, to, depth int
}

// spread lays out the states, breadth first, so that the fail state of each, which
// is less deep, is there before it.
func (b *builder) spread(keys []key) {
	queue := []span{{to: len(keys)}}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		children, classes := b.children(keys, s)
		base := b.place(classes)
		b.cells[s.state].base = base
		for i, c := range classes {
			child := children[i]
			child.state = base + c
			b.cells[child.state].check = s.state
			if b.settle(s.state, child.state, c, keys[child.from], child.depth) {
				queue = append(queue, child)
			}
		}
	}
}

// settle gives a new state its fail state, and says whether states come after it.
func (b *builder) settle(parent, state, c int32, first key, depth int) bool {
	fail := int32(0)
	if parent != 0 {
		fail = b.step(b.cells[parent].fail, c)
	}
	b.cells[state].fail = fail
	switch found := b.cells[fail].base; {
	case len(first.text) == depth:
		b.cells[state].base = ^first.value
	case fail != 0 && found < 0:
		b.cells[state].base = found
	default:
		return true
	}
	return false
}

// step returns the state after a state by a class, while building.
func (b *builder) step(state, c int32) int32 {
	for {
		if base := b.cells[state].base; base >= 0 {
			if next := base + c; int(next) < len(b.cells) && next != 0 && b.cells[next].check == state {
				return next
			}
		}
		if state == 0 {
			return 0
		}
		state = b.cells[state].fail
	}
}

// children splits a span by the octet at its depth, whose classes they have.
func (b *builder) children(keys []key, s span) (children []span, classes []int32) {
	for from := s.from; from < s.to; {
		octet := keys[from].text[s.depth]
		to := from + 1
		for to < s.to && keys[to].text[s.depth] == octet {
			to++
		}
		children = append(children, span{from: from, to: to, depth: s.depth + 1})
		classes = append(classes, int32(b.class[octet]))
		from = to
	}
	return children, classes
}

// place returns a base at which the cells of all classes, in ascending order, are
// free.
func (b *builder) place(classes []int32) int32 {
	for b.grow(b.free + 1); b.cells[b.free].check >= 0; b.grow(b.free + 1) {
		b.free++
	}
	first, last := classes[0], classes[len(classes)-1]
	for base := max(0, int32(b.free)-first); ; base++ {
		b.grow(int(base+last) + 1)
		if !slices.ContainsFunc(classes, func(c int32) bool { return b.cells[base+c].check >= 0 }) {
			return base
		}
	}
}

// grow makes n cells of the array.
func (b *builder) grow(n int) {
	for len(b.cells) < n {
		b.cells = append(b.cells, cell{check: -1})
	}
}
