package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/chat/stomp"
)

// A Post is one message to send.
type Post struct {
	Stream  hubbub.StreamID
	Content string
	Nonce   string // "" for none
	// Body replaces {"content":Content}, for tests of what a body may hold.
	Body []byte
}

func (p Post) body() []byte {
	if p.Body != nil {
		return p.Body
	}
	return append(hubbub.AppendString([]byte(`{"content":`), p.Content), '}')
}

func (p Post) headers() []string {
	headers := []string{"destination", "/publish/" + string(p.Stream), "content-type", "application/json"}
	if p.Nonce != "" {
		headers = append(headers, "nonce", p.Nonce)
	}
	return headers
}

// A Receipt says that something is done; of a SEND: that it is durable.
type Receipt struct {
	Headers map[string]string
}

// Send publishes p and waits for its outcome. nil: durable. A *hubbub.Error of
// code outcome_unknown: it may be logged, repeat it with the same nonce; so too
// when the connection or ctx ends first. Any other *hubbub.Error: refused, and
// certainly not logged.
func (c *Conn) Send(ctx context.Context, p Post) (Receipt, error) {
	receipt, err := c.ask(ctx, stomp.Send, p.body(), p.headers()...)
	return receipt, outcome(err)
}

// SendAsync publishes p and returns once it is written. done is called once with
// the outcome as Send returns it, before or after SendAsync returns, and must not
// block; the end of the connection is an outcome too.
func (c *Conn) SendAsync(p Post, done func(error)) {
	receipt := "r" + c.next()
	c.onAnswer(receipt, func(a answer) { done(outcome(a.err)) })
	if err := c.write(stomp.Send, p.body(), append(p.headers(), "receipt", receipt)...); err != nil {
		c.settle(receipt, answer{err: fmt.Errorf("%w: %w", errUnanswered, err)})
	}
}

func outcome(err error) error {
	if errors.Is(err, errUnanswered) {
		return &hubbub.Error{Code: hubbub.CodeOutcomeUnknown, Message: "it may be logged; repeat it with the same nonce", Err: err}
	}
	return err
}

// SendBlind publishes p without asking for a receipt.
func (c *Conn) SendBlind(p Post) error { return c.write(stomp.Send, p.body(), p.headers()...) }

// A Notice tells this session what concerns it alone.
type Notice struct {
	Code         hubbub.Code `json:"code"`
	Message      string      `json:"message"`
	RetryAfterMs int64       `json:"retryAfterMs"`
	Destination  string      `json:"destination"`
	Receipt      string      `json:"receipt"`
	Content      string      `json:"content"`
	Skipped      int64       `json:"skipped"` // messages that the server left out
	Gap          string      `json:"gap"`     // "from..to" that it could not give
}

func (n Notice) refusal() *hubbub.Error {
	return &hubbub.Error{Code: n.Code, Message: n.Message, RetryAfter: time.Duration(n.RetryAfterMs) * time.Millisecond}
}

// Notice returns the next notice that no Send waits for. It needs a Conn that is
// not Silent.
func (c *Conn) Notice(ctx context.Context) (Notice, error) {
	m, err := c.notices.Next(ctx)
	if err != nil {
		return Notice{}, err
	}
	var n Notice
	err = json.Unmarshal(m.Body, &n)
	return n, err
}
