package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/hubbub-live/hubbub/internal/chat/stomp"
)

// An answer ends the wait of one receipt.
type answer struct {
	headers map[string]string
	err     error
}

// write sends one frame; headers are names and values in turn.
func (c *Conn) write(command string, body []byte, headers ...string) error {
	version := stomp.Version(c.version.Load())
	return c.transport.write(stomp.AppendFrame(nil, version, command, body, headers...))
}

// ask writes a frame with a receipt and waits for the answer. The error is a
// *hubbub.Error when the server refused, and wraps errUnanswered otherwise.
func (c *Conn) ask(ctx context.Context, command string, body []byte, headers ...string) (Receipt, error) {
	receipt := "r" + c.next()
	wait := c.expect(receipt)
	if err := c.write(command, body, append(headers, "receipt", receipt)...); err != nil {
		c.settle(receipt, answer{err: fmt.Errorf("%w: %w", errUnanswered, err)})
	}
	return c.await(ctx, receipt, wait)
}

func (c *Conn) expect(receipt string) chan answer {
	wait := make(chan answer, 1)
	c.onAnswer(receipt, func(a answer) { wait <- a })
	return wait
}

// onAnswer has take called once, with the answer to receipt; it must not block.
func (c *Conn) onAnswer(receipt string, take func(answer)) {
	c.mu.Lock()
	over := c.mu.pending == nil
	if !over {
		c.mu.pending[receipt] = take
	}
	c.mu.Unlock()
	if over {
		take(answer{err: fmt.Errorf("%w: %w", errUnanswered, c.Err())})
	}
}

// settle hands a to whoever waits for receipt, and says whether anyone does.
func (c *Conn) settle(receipt string, a answer) bool {
	c.mu.Lock()
	take := c.mu.pending[receipt]
	delete(c.mu.pending, receipt)
	c.mu.Unlock()
	if take != nil {
		take(a)
	}
	return take != nil
}

// abandon ends all waits: no answer can come any more.
func (c *Conn) abandon(why error) {
	c.mu.Lock()
	pending := c.mu.pending
	c.mu.pending = nil
	c.mu.Unlock()
	for _, take := range pending {
		take(answer{err: fmt.Errorf("%w: %w", errUnanswered, why)})
	}
}

// errUnanswered: neither a receipt nor a refusal came.
var errUnanswered = errors.New("no answer came")

func (c *Conn) await(ctx context.Context, receipt string, wait chan answer) (Receipt, error) {
	select {
	case a := <-wait: // also once the connection has ended
		return Receipt{Headers: a.headers}, a.err
	case <-ctx.Done():
		c.settle(receipt, answer{err: fmt.Errorf("%w: %w", errUnanswered, context.Cause(ctx))})
	}
	a := <-wait // the server's answer, if it came in the same instant
	return Receipt{Headers: a.headers}, a.err
}
