package transfer

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"slices"
)

// maxLine is the longest line, in bytes: a stream's blocked words may take megabytes.
const maxLine = 32 << 20

// extents are how much of each section went by.
type extents struct {
	said   map[string]Extent
	hashes map[string]hash.Hash
}

func newExtents() extents {
	return extents{said: map[string]Extent{}, hashes: map[string]hash.Hash{}}
}

// add adds a line, without its line break.
func (x *extents) add(section string, line []byte) {
	h := x.hashes[section]
	if h == nil {
		h = sha256.New()
		x.hashes[section] = h
	}
	h.Write(line)
	h.Write([]byte{'\n'})
	e := x.said[section]
	e.Lines++
	x.said[section] = e
}

// sum settles the hashes.
func (x *extents) sum() map[string]Extent {
	for section, h := range x.hashes {
		e := x.said[section]
		e.SHA256 = hex.EncodeToString(h.Sum(nil))
		x.said[section] = e
	}
	return x.said
}

// A writer writes the lines of a file.
type writer struct {
	to      io.Writer
	extents extents
	buffer  []byte
}

// line writes a line of a section.
func (w *writer) line(section string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return w.raw(section, text)
}

// raw writes a line whose value is JSON already.
func (w *writer) raw(section string, value []byte) error {
	w.buffer = append(w.buffer[:0], `{"`...)
	w.buffer = append(w.buffer, section...)
	w.buffer = append(append(append(w.buffer, `":`...), value...), '}')
	if section != endSection {
		w.extents.add(section, w.buffer)
	}
	_, err := w.to.Write(append(w.buffer, '\n'))
	return err
}

func (w *writer) end() error { return w.line(endSection, w.extents.sum()) }

// read reads a file from its first line to its last, which proves the others. What
// take got is not to be believed before read has returned without an error.
func read(ctx context.Context, from io.Reader, take func(section string, value json.RawMessage) error) (map[string]Extent, error) {
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 0, 1<<20), maxLine)
	lines.Split(wholeLines)
	x := newExtents()
	at, number := 0, 0
	var end map[string]Extent
	for lines.Scan() {
		number++
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		section, value, err := cut(lines.Bytes())
		if err != nil {
			return nil, damaged("line %d: %v", number, err)
		}
		if end != nil {
			return nil, damaged("line %d comes after the end", number)
		}
		if section == endSection {
			if err := json.Unmarshal(value, &end); err != nil || end == nil {
				return nil, damaged("line %d is no end", number)
			}
			continue
		}
		next := slices.Index(sections[at:], section)
		if next < 0 || number == 1 && section != headerSection {
			return nil, damaged("line %d is of the section %.40q, which does not belong there", number, section)
		}
		at += next
		x.add(section, lines.Bytes())
		if err := take(section, value); err != nil {
			return nil, err
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, damaged("line %d is longer than any", number+1)
	case err != nil:
		return nil, err
	case end == nil:
		return nil, damaged("its end is missing")
	}
	return x.said, compare(x.sum(), end)
}

// compare holds what was read against what the file says of itself.
func compare(read, said map[string]Extent) error {
	for _, section := range sections {
		if read[section] != said[section] {
			return damaged("the section %s has %d lines, and not the %d that were written", section, read[section].Lines, said[section].Lines)
		}
	}
	if len(said) != len(read) {
		return damaged("it says that it has sections which it has not")
	}
	return nil
}

// cut returns the one member of a line.
func cut(line []byte) (section string, value json.RawMessage, err error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(line, &members); err != nil {
		return "", nil, errors.New("it is no JSON")
	}
	if len(members) != 1 {
		return "", nil, errors.New("it has more or less than one member")
	}
	for section, value = range members {
	}
	return section, value, nil
}

// wholeLines is a bufio.SplitFunc for lines that end with a line break, the last one
// too.
func wholeLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF && len(data) > 0 {
		return 0, nil, damaged("it ends in the middle of a line")
	}
	return 0, nil, nil
}
