// Package host is the reading of rooms as an engine hosts it: the program at the other
// end of the host protocol (package hostwire). It classifies and tallies any share of the
// log, merges shares into a room's state, and says what is to be published of it. It
// keeps nothing from one request to the next: state is the engine's.
package host

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/analysis/classify"
	"github.com/hubbub-live/hubbub/internal/analysis/costly"
	"github.com/hubbub-live/hubbub/internal/analysis/hostwire"
	"github.com/hubbub-live/hubbub/internal/analysis/observer"
)

// Options are what a host does its work with.
type Options struct {
	Program    string              // its version, for people
	Epoch      uint32              // of the log whose records it gets
	Classifier classify.Classifier // its own from then on
}

// A Host answers requests. It is one goroutine's.
type Host struct {
	o        Options
	observer *observer.Observer
	shares   shares
	batch    hostwire.Batch
	tallies  hostwire.Tallies
	merging  hostwire.Merging
	merger   hostwire.Merger
}

// New returns a host.
func New(o Options) *Host {
	return &Host{o: o, observer: observer.New(o.Classifier), shares: shares{of: map[string]*share{}}}
}

// Serve answers the requests that come in, in order, until in ends, which is no error.
// What is no request ends it, as does an answer that cannot be written.
func (h *Host) Serve(in io.Reader, out io.Writer) error {
	reader, writer := hostwire.NewReader(in), bufio.NewWriterSize(out, 64<<10)
	var frame []byte
	for {
		kind, body, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read a request: %w", err)
		}
		answer, err := h.answer(kind, body)
		if err != nil {
			return err
		}
		if frame, err = hostwire.Append(frame[:0], answer); err != nil {
			frame, err = hostwire.Append(frame[:0], &hostwire.Failure{Code: codeTooLarge, Sentence: err.Error()})
		}
		if err == nil {
			_, err = writer.Write(frame)
		}
		if err = errors.Join(err, writer.Flush()); err != nil {
			return fmt.Errorf("answer a request: %w", err)
		}
	}
}

// Codes of failures.
const (
	codeTooLarge   = "host_answer_too_large" // ask for less at once
	codeNewerState = "host_state_newer"      // a newer program wrote it
	codeState      = "host_state_damaged"
	codeWindow     = "host_window_invalid"
)

// answer answers a request that is one.
func (h *Host) answer(kind hostwire.Kind, body []byte) (hostwire.Message, error) {
	switch kind {
	case hostwire.Hello:
		var greeting hostwire.Greeting
		err := hostwire.Read(body, &greeting)
		return h.introduce(), err
	case hostwire.Tally:
		if err := hostwire.Read(body, &h.batch); err != nil {
			return nil, err
		}
		return h.tally(), h.unasked()
	case hostwire.Merge:
		if err := hostwire.Read(body, &h.merging); err != nil {
			return nil, err
		}
		return h.mergeAll(), nil
	case hostwire.Summarise:
		return h.summarise(body), nil
	default:
		return nil, fmt.Errorf("%w: there is no request of kind %q", hostwire.ErrFrame, kind)
	}
}

func (h *Host) introduce() *hostwire.Introduction {
	return &hostwire.Introduction{
		Protocol: hostwire.Protocol, Program: h.o.Program, State: stateVersion, SelfTest: SelfTest(h.plain()),
	}
}

// unasked is why a model that was to be asked was not.
func (h *Host) unasked() error {
	if asks, ok := h.o.Classifier.(*costly.Classifier); ok {
		return asks.Err()
	}
	return nil
}

// plain is the classifier without the model that it asks first: that is no part of what it
// reads.
func (h *Host) plain() classify.Classifier {
	if asks, ok := h.o.Classifier.(*costly.Classifier); ok {
		return asks.Classifier
	}
	return h.o.Classifier
}

// failure says why a state cannot be read.
func failure(key []byte, err error) *hostwire.Failure {
	code := codeState
	if errors.Is(err, analysis.ErrNewerState) {
		code = codeNewerState
	}
	return &hostwire.Failure{Code: code, Sentence: fmt.Sprintf("cannot read the state of stream %.100s: %v", key, err)}
}
