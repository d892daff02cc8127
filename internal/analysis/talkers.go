package analysis

import "slices"

const (
	sampledTalkers = 64 // of a bucket, at most; when there are more, 1 in 2, 4, 8, …
	talkerTexts    = 3  // of a user in a bucket, at most
)

// A talker is what a user said in a bucket: how much, and of the texts that are not
// short those three with the lowest hashes, whatever the order they came in.
type talker struct {
	user   uint64 // SenderHash
	counts Counts
	texts  [talkerTexts]textCopy
	kept   int // of texts, sorted
}

// say adds a text. One that was once dropped for lower ones is dropped again, so
// those that are there have all their messages.
func (t *talker) say(c *textCopy) {
	i := 0
	for i < t.kept && t.texts[i].compare(c) < 0 {
		i++
	}
	switch {
	case i == talkerTexts:
		return
	case i < t.kept && t.texts[i].compare(c) == 0:
		t.texts[i].merge(c)
		return
	}
	t.kept = min(t.kept+1, talkerTexts)
	copy(t.texts[i+1:t.kept], t.texts[i:])
	t.texts[i] = *c
}

// above tells whether a text would be dropped at once.
func (t *talker) above(text uint64) bool {
	return t.kept == talkerTexts && text > t.texts[talkerTexts-1].text
}

func (t *talker) merge(other *talker) {
	t.counts.merge(&other.counts)
	for i := range other.texts[:other.kept] {
		t.say(&other.texts[i])
	}
}

// talkers are the users of a bucket while they are few, else those whose hash begins
// with `level` zero bits, the fewest with which they are. The zero value is empty.
type talkers struct {
	level int
	list  []talker // sorted by user
}

// add counts a message. Who is not in the sample costs a comparison.
func (s *talkers) add(o *Observation) {
	if !sampled(o.Sender, s.level) {
		return
	}
	t := s.at(o.Sender)
	if t == nil {
		return
	}
	t.counts[o.Mood]++
	if text := textHash(o.Text); text != 0 && !t.above(text) {
		if id, ok := idOf(o.ID); ok {
			t.say(&textCopy{text: text, mood: o.Mood, count: 1, first: o.Position, id: id})
		}
	}
}

func (s *talkers) merge(other *talkers) {
	s.thin(other.level)
	for i := range other.list {
		if from := &other.list[i]; sampled(from.user, s.level) {
			if t := s.at(from.user); t != nil {
				t.merge(from)
			}
		}
	}
}

// at returns the talker who is that user, of the sample; nil: it has become too large
// for this one.
func (s *talkers) at(user uint64) *talker {
	i := s.find(user)
	if i < len(s.list) && s.list[i].user == user {
		return &s.list[i]
	}
	s.list = slices.Insert(s.list, i, talker{user: user})
	for len(s.list) > sampledTalkers {
		s.thin(s.level + 1)
	}
	if i >= len(s.list) {
		return nil
	}
	return &s.list[i]
}

// find returns where a user is, or would be.
func (s *talkers) find(user uint64) int {
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

// thin drops those who are not in the sample of a level, if it is higher. They are
// the end of the list.
func (s *talkers) thin(level int) {
	if level > s.level {
		s.level = level
		s.list = s.list[:s.find(1<<(64-level))]
	}
}

// of returns those in the sample of a level no lower than the list's.
func (s *talkers) of(level int) []talker {
	if level == 0 {
		return s.list
	}
	return s.list[:s.find(1<<(64-level))]
}

// reset empties s and keeps its memory.
func (s *talkers) reset() { s.level, s.list = 0, s.list[:0] }
