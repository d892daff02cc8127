// Package words finds blocked words in messages, in any language, in time that
// is linear in the message and does not grow with the list. It is pure.
//
// # What an entry means
//
// An entry is compared without regard to case, width and zero-width characters.
// How much of a word it has to be depends on the script:
//   - In alphabetic scripts (Latin, Cyrillic, Greek, Arabic, …) it is whole
//     words: "ass" is not in "class", nor "cunt" in "Scunthorpe".
//   - In Hangul it is the beginning of a word, since particles attach: "바보"
//     is in "바보야" and not in "꼬바보".
//   - In Han, kana, Thai and others that are written without spaces it is found
//     anywhere.
//
// A * at either end lifts that end's bound: "*ass" is in "class". An entry
// /like this/ is a regular expression (RE2), matched without regard to case
// against the message as it was written.
//
// # How
//
// Folding marks the beginnings and ends of words in the text and in the entries
// alike, so that bounds are part of what is compared, and one automaton answers
// whether any entry is in the text: see fold.go, mark.go and automaton.go.
package words

import (
	"bufio"
	"bytes"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// The bounds of a list.
const (
	MaxEntries = 10_000
	MaxLength  = 100 // characters of an entry
	// maxSteps bounds the instructions of all regular expressions together: they
	// are run one after the other, and each costs its length for each octet.
	maxSteps = 1000
)

// An EntryError says which entry cannot be used, and why.
type EntryError struct {
	Index int // from 0
	Entry string
	Why   string
}

// Error prints the entry's number, from 1, and what is wrong with it.
func (e *EntryError) Error() string {
	return fmt.Sprintf("entry %d, %.40q: %s", e.Index+1, e.Entry, e.Why)
}

// A List is compiled entries. It never changes, and may be used concurrently. The
// nil List blocks nothing.
type List struct {
	entries  []string
	words    automaton
	patterns []pattern
	scratch  sync.Pool
}

type pattern struct {
	entry int
	re    *regexp.Regexp
}

// Compile makes a list of entries, or returns an *EntryError.
func Compile(entries []string) (*List, error) {
	if len(entries) > MaxEntries {
		return nil, &EntryError{Index: MaxEntries, Entry: entries[MaxEntries], Why: fmt.Sprintf("a list has at most %d entries", MaxEntries)}
	}
	l := &List{entries: slices.Clone(entries)}
	l.scratch.New = func() any { return &scratch{} }
	var keys []key
	steps := 0
	for i, entry := range entries {
		fail := func(format string, args ...any) (*List, error) {
			return nil, &EntryError{Index: i, Entry: entry, Why: fmt.Sprintf(format, args...)}
		}
		switch {
		case !utf8.ValidString(entry):
			return fail("it is not UTF-8")
		case utf8.RuneCountInString(entry) > MaxLength:
			return fail("it has more than %d characters", MaxLength)
		case strings.ContainsAny(entry, "\r\n"):
			return fail("it has a line break")
		}
		if source, ok := expression(entry); ok {
			re, size, why := compilePattern(source)
			if steps += size; why == "" && steps > maxSteps {
				why = "together with those before it, it is too complicated"
			}
			if why != "" {
				return fail("%s", why)
			}
			l.patterns = append(l.patterns, pattern{i, re})
			continue
		}
		text := keyOf(entry)
		if len(text) == 0 {
			return fail("it has nothing that could be found")
		}
		keys = append(keys, key{string(text), int32(i)})
	}
	l.words = build(keys)
	return l, nil
}

// expression returns the regular expression of an entry that is one.
func expression(entry string) (string, bool) {
	if len(entry) < 3 || entry[0] != '/' || entry[len(entry)-1] != '/' {
		return "", false
	}
	return entry[1 : len(entry)-1], true
}

// compilePattern returns a regular expression and how many instructions it has, or
// why it cannot be had.
func compilePattern(source string) (re *regexp.Regexp, steps int, why string) {
	parsed, err := syntax.Parse(source, syntax.Perl|syntax.FoldCase)
	if err != nil {
		return nil, 0, "it is no regular expression: " + err.Error()
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, 0, "it is no regular expression: " + err.Error()
	}
	if len(program.Inst) > maxSteps {
		return nil, len(program.Inst), "it is too complicated"
	}
	re, err = regexp.Compile("(?i)" + source)
	if err != nil {
		return nil, 0, "it is no regular expression: " + err.Error()
	}
	if re.MatchString("") {
		return nil, 0, "it would block every message"
	}
	return re, len(program.Inst), ""
}

// Len returns how many entries there are.
func (l *List) Len() int {
	if l == nil {
		return 0
	}
	return len(l.entries)
}

// Blocks says whether an entry is in content.
func (l *List) Blocks(content string) bool {
	_, found := l.Find(content)
	return found
}

// Find returns an entry that is in content, if one is.
func (l *List) Find(content string) (entry string, found bool) {
	if l == nil {
		return "", false
	}
	if i := l.find(content); i >= 0 {
		return l.entries[i], true
	}
	return "", false
}

func (l *List) find(content string) int {
	if len(l.words.cells) > 0 {
		s := l.scratch.Get().(*scratch)
		defer l.scratch.Put(s)
		if i := s.find(&l.words, content); i >= 0 {
			return i
		}
	}
	for i := range l.patterns {
		if l.patterns[i].re.MatchString(content) {
			return l.patterns[i].entry
		}
	}
	return -1
}

// scratch is what a check writes; it is kept for the next one.
type scratch struct{ visible, normal, folded, alike, marked []byte }

func (s *scratch) find(a *automaton, content string) int {
	s.fold(content)
	marked, mixed := mark(s.marked[:0], s.folded)
	s.marked = marked
	if i := a.find(s.marked); i >= 0 || !mixed {
		return i
	}
	var changed bool
	if s.alike, changed = alike(s.alike[:0], s.folded); !changed {
		return -1
	}
	s.marked, _ = mark(s.marked[:0], s.alike)
	return a.find(s.marked)
}

// Parse reads a list as it stands in a file: an entry a line, without space around
// it; empty lines and those that begin with # are left out.
func Parse(file []byte) (entries []string) {
	file = bytes.TrimPrefix(file, []byte("\ufeff"))
	lines := bufio.NewScanner(bytes.NewReader(file))
	lines.Buffer(nil, len(file)+1)
	for lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); line != "" && line[0] != '#' {
			entries = append(entries, line)
		}
	}
	return entries
}
