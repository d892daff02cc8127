package raw

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// FileName is the name of the file in a run's folder.
const FileName = "raw.jsonl"

// The kinds of lines, each with the value it carries.
const (
	kindRun    = "run"
	kindPhase  = "phase"
	kindSample = "sample"
	kindRoom   = "room"
	kindViewer = "viewer"
	kindEnd    = "end"
)

// A line is how every value stands in the file.
type line struct {
	Kind  string          `json:"kind"`
	Value json.RawMessage `json:"value"`
}

// A Writer writes a file line by line. It is for one goroutine.
type Writer struct {
	out *json.Encoder
	err error
}

// NewWriter begins a file.
func NewWriter(w io.Writer, h Header) *Writer {
	h.Version = Version
	out := &Writer{out: json.NewEncoder(w)}
	out.put(kindRun, h)
	return out
}

// Phase adds a line; as with all that do, errors wait for End.
func (w *Writer) Phase(p Phase) { w.put(kindPhase, p) }

// Sample adds a line.
func (w *Writer) Sample(s Sample) { w.put(kindSample, s) }

// Room adds a line.
func (w *Writer) Room(r Room) { w.put(kindRoom, r) }

// Viewer adds a line.
func (w *Writer) Viewer(v Viewer) { w.put(kindViewer, v) }

// End writes the last line and returns the first error of all.
func (w *Writer) End(e End) error {
	w.put(kindEnd, e)
	return w.err
}

func (w *Writer) put(kind string, value any) {
	if w.err != nil {
		return
	}
	text, err := json.Marshal(value)
	if err == nil {
		err = w.out.Encode(line{kind, text})
	}
	if err != nil {
		w.err = fmt.Errorf("write the raw results: %w", err)
	}
}

// ErrBrokenOff is returned for a file without its last line: the run was broken off,
// or the file was cut on its way.
var ErrBrokenOff = errors.New("the raw results are cut short, and what is left supports nothing: copy the file again, or run the test again")

var errForeign = errors.New("this is not the raw results of a load test")

const longestLine = 16 << 20

// Read reads a whole file. Unknown kinds of lines are passed over.
func Read(r io.Reader) (*Run, error) {
	run := &Run{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestLine)
	ended := false
	for number := 1; lines.Scan(); number++ {
		if number == 1 {
			if err := check(lines.Bytes()); err != nil {
				return nil, err
			}
		}
		var l line
		err := json.Unmarshal(lines.Bytes(), &l)
		if err == nil {
			err = run.take(l)
		}
		if err != nil {
			if !lines.Scan() { // it was the last one
				return nil, ErrBrokenOff
			}
			return nil, fmt.Errorf("read line %d of the raw results: %w", number, err)
		}
		ended = l.Kind == kindEnd
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the raw results: %w", err)
	}
	if !ended {
		return nil, ErrBrokenOff
	}
	return run, nil
}

// check refuses a file by its first line, of which other versions need have no more
// in common with this one than what is looked at here.
func check(first []byte) error {
	var l struct {
		Kind  string `json:"kind"`
		Value struct {
			Version int    `json:"version"`
			Program string `json:"program"`
		} `json:"value"`
	}
	err := json.Unmarshal(first, &l)
	switch {
	case err != nil && bytes.HasPrefix([]byte(begin), first[:min(len(first), len(begin))]):
		return ErrBrokenOff
	case err != nil || l.Kind != kindRun:
		return errForeign
	case l.Value.Version != Version:
		return fmt.Errorf("the raw results are of version %d, and this program reads version %d: use hubbub %s, which wrote them, to read them", l.Value.Version, Version, l.Value.Program)
	}
	return nil
}

// begin is how every file does.
const begin = `{"kind":"run",`

func (run *Run) take(l line) error {
	switch l.Kind {
	case kindRun:
		return json.Unmarshal(l.Value, &run.Header)
	case kindPhase:
		return appendTo(&run.Phases, l.Value)
	case kindSample:
		return appendTo(&run.Samples, l.Value)
	case kindRoom:
		return appendTo(&run.Rooms, l.Value)
	case kindViewer:
		return appendTo(&run.Viewers, l.Value)
	case kindEnd:
		return json.Unmarshal(l.Value, &run.End)
	}
	return nil
}

func appendTo[T any](list *[]T, value json.RawMessage) error {
	var item T
	err := json.Unmarshal(value, &item)
	*list = append(*list, item)
	return err
}

// PhaseAt is when a phase began; ok is false if it never did.
func (run *Run) PhaseAt(name string) (at float64, ok bool) {
	for _, p := range run.Phases {
		if p.Name == name {
			return p.At, true
		}
	}
	return 0, false
}
