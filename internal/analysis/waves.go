package analysis

import (
	"cmp"
	"slices"
	"strconv"
)

const (
	waveUsers   = 5 // so many send the same text within the window: a wave
	waveSampled = 3 // and so many of the sample, where not all are in it
	shownWaves  = 5
)

// A wave is a text that many users sent in a window.
type wave struct {
	users, count uint64 // in the sample
	first        *textCopy
}

// waves returns those of the window that ends with a bucket, by text, and the level of
// the sample that they were found in.
func (w *weighing) waves(last uint64) (waves []wave, level int) {
	end := w.find(last + 1)
	in := w.open[min(w.find(firstOf(last)), end):end]
	for i := range in {
		level = max(level, in[i].talkers.level)
	}
	said := saidIn(in, level)
	need := waveUsers
	if level > 0 {
		need = waveSampled
	}
	for len(said) > 0 {
		n := 1
		for n < len(said) && said[n].text == said[0].text {
			n++
		}
		if n >= need {
			if found := waveOf(said[:n]); found.users >= uint64(need) {
				waves = append(waves, found)
			}
		}
		said = said[n:]
	}
	return waves, level
}

// A saying is a text of a user in some bucket.
type saying struct {
	text, user uint64
	of         *textCopy
}

// saidIn returns what those in the sample of a level said, by text and user.
func saidIn(talks []talk, level int) (said []saying) {
	var seen [8192]uint8 // how often some texts occur, together
	for i := range talks {
		for j := range talks[i].talkers.of(level) {
			t := &talks[i].talkers.list[j]
			for k := range t.texts[:t.kept] {
				if n := &seen[t.texts[k].text%uint64(len(seen))]; *n < waveUsers {
					*n++
				}
			}
		}
	}
	for i := range talks {
		for j := range talks[i].talkers.of(level) {
			t := &talks[i].talkers.list[j]
			for k := range t.texts[:t.kept] {
				if c := &t.texts[k]; seen[c.text%uint64(len(seen))] >= waveSampled {
					said = append(said, saying{c.text, t.user, c})
				}
			}
		}
	}
	slices.SortFunc(said, func(a, b saying) int { return cmp.Or(cmp.Compare(a.text, b.text), cmp.Compare(a.user, b.user)) })
	return said
}

// waveOf adds up sayings of one text.
func waveOf(said []saying) wave {
	w := wave{first: said[0].of}
	for i, s := range said {
		if i == 0 || said[i-1].user != s.user {
			w.users++
		}
		w.count += s.of.count
		if c := s.of; c.first.Before(w.first.first) {
			w.first = c
		}
	}
	return w
}

// appendWaves appends [{"messageId":…,"count":n,"users":n},…]: the waves of most users,
// at most five, those of equally many as they began. It changes their order.
func (j *judgement) appendWaves(dst []byte) []byte {
	waves, level := j.waves, j.level
	slices.SortFunc(waves, func(a, b wave) int {
		return cmp.Or(cmp.Compare(b.users, a.users), a.first.first.Compare(b.first.first), cmp.Compare(a.first.text, b.first.text))
	})
	dst = append(dst, '[')
	for i, w := range waves[:min(len(waves), shownWaves)] {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"messageId":"`...)
		dst = w.first.id.append(dst)
		dst = append(dst, `","count":`...)
		dst = strconv.AppendUint(dst, w.count<<level, 10)
		dst = append(dst, `,"users":`...)
		dst = strconv.AppendUint(dst, w.users<<level, 10)
		dst = append(dst, '}')
	}
	return append(dst, ']')
}
