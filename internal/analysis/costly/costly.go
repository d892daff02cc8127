// Package costly stands for analysers that take long for a message, as a language model
// does: for load tests of what happens then.
package costly

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub/internal/analysis/classify"
)

// modelPatience is how long a model may take for one message.
const modelPatience = time.Minute

// A Classifier asks a model over HTTP about each message first, one after the other, and
// waits for its answer: as if that were the reading, which another classifier does.
type Classifier struct {
	classify.Classifier
	url    string
	client *http.Client
	failed error
}

// New returns a classifier that asks the model at a URL, by POST of the text.
func New(c classify.Classifier, url string) *Classifier {
	return &Classifier{Classifier: c, url: url, client: &http.Client{Timeout: modelPatience}}
}

// Check asks it once, so that a wrong URL is found out before messages are.
func (c *Classifier) Check() error {
	return c.ask("hello")
}

// Classify implements [classify.Classifier]. Without a model's answers a load test would say
// too much of what follows: see Err.
func (c *Classifier) Classify(text string, dst *classify.Reading) {
	if c.failed == nil {
		c.failed = c.ask(text)
	}
	c.Classifier.Classify(text, dst)
}

// Err is the first time that the model did not answer; nil: it always did.
func (c *Classifier) Err() error { return c.failed }

func (c *Classifier) ask(text string) error {
	if err := c.post(text); err != nil {
		return fmt.Errorf("ask the model at %s: %w", c.url, err)
	}
	return nil
}

func (c *Classifier) post(text string) error {
	answer, err := c.client.Post(c.url, "text/plain; charset=utf-8", strings.NewReader(text)) //nolint:noctx // the client has a bound
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if _, err := io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<20)); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers %s", answer.Status)
	}
	return nil
}

// A Model stands for one that takes some time for a message. It works on one request of a
// connection at a time, on as many connections as there are.
type Model struct{ Takes time.Duration }

// ServeHTTP answers when the time is over.
func (m Model) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, 1<<20)); err != nil {
		http.Error(w, "a message has a mebibyte at most", http.StatusRequestEntityTooLarge)
		return
	}
	select {
	case <-time.After(m.Takes):
		fmt.Fprintln(w, "other")
	case <-r.Context().Done():
	}
}
