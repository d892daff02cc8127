package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/chat/stomp"
)

// read takes in frames until the connection ends.
func (c *Conn) read() {
	err := c.readFrames()
	c.transport.conn.Close()
	c.mu.Lock()
	c.mu.err = c.verdict(err)
	err = c.mu.err
	c.mu.Unlock()
	c.abandon(err)
	close(c.done)
}

func (c *Conn) readFrames() error {
	decoder := stomp.Decoder{MaxFrame: maxMessage}
	between := true // the decoder has no frame begun
	for {
		text, err := c.transport.read()
		if err != nil {
			return err
		}
		if between {
			text = c.scan(text)
		}
		// JSON holds no NUL, so one at the end of a piece ends a frame.
		between = bytes.HasSuffix(text, []byte{0}) || (between && strings.Trim(string(text), stomp.HeartBeat) == "")
		err = decoder.Feed(text, func(f stomp.Frame) error {
			if f.Command == stomp.Connected {
				version, _ := f.Get("version")
				agreed, _ := stomp.Negotiate(version)
				decoder.SetVersion(agreed)
				c.version.Store(uint32(agreed))
			}
			if s := c.watched.Load(); s != nil && f.Command == stomp.MessageFrame && isOf(f, s) {
				return c.watchFrame(s, f)
			}
			return c.receive(f.Command, headersOf(f), bytes.Clone(f.Body))
		})
		if err != nil {
			return err
		}
	}
}

// headersOf copies the headers, the first of repeated ones.
func headersOf(f stomp.Frame) map[string]string {
	headers := make(map[string]string, len(f.Headers))
	for _, h := range f.Headers {
		if _, repeated := headers[string(h.Name)]; !repeated {
			headers[string(h.Name)] = string(h.Value)
		}
	}
	return headers
}

// verdict is what Err says after reading ended with err. The caller holds mu.
func (c *Conn) verdict(err error) error {
	select {
	case <-c.closing:
		return ErrClosed
	default:
	}
	if c.leaving.Load() && c.mu.refusal == nil {
		return ErrClosed
	}
	var gone *CloseError
	if errors.As(err, &gone) {
		gone.Refusal = c.mu.refusal
		return gone
	}
	if c.mu.refusal != nil {
		return &CloseError{Refusal: c.mu.refusal}
	}
	return err
}

func (c *Conn) receive(command string, headers map[string]string, body []byte) error {
	switch command {
	case stomp.MessageFrame:
		return c.deliver(headers, body)
	case stomp.Receipt:
		c.settle(headers["receipt-id"], answer{headers: headers})
	case stomp.Connected:
		c.settle(connectReceipt, answer{headers: headers})
	case stomp.Error:
		c.refused(headers)
	default:
		return fmt.Errorf("the server sent a %q frame", command)
	}
	return nil
}

func (c *Conn) deliver(headers map[string]string, body []byte) error {
	m, err := messageFrom(headers, body)
	if err != nil {
		return fmt.Errorf("read a MESSAGE: %w", err)
	}
	c.mu.Lock()
	s := c.mu.subscriptions[headers["subscription"]]
	c.mu.Unlock()
	if s == nil { // unsubscribed a moment ago
		return nil
	}
	if s.Destination == notices {
		var n Notice
		if err := json.Unmarshal(body, &n); err != nil {
			return fmt.Errorf("read a notice: %w", err)
		}
		if n.Receipt != "" && c.settle(n.Receipt, answer{err: n.refusal()}) {
			return nil
		}
		if c.options.OnNotice != nil {
			c.options.OnNotice(n)
			return nil
		}
	}
	s.push(m)
	return nil
}

// refused takes an ERROR frame, which the server follows with a close.
func (c *Conn) refused(headers map[string]string) {
	after, _ := strconv.ParseInt(headers["retry-after-ms"], 10, 64)
	refusal := &hubbub.Error{
		Code: hubbub.Code(headers["code"]), Message: headers["message"], RetryAfter: time.Duration(after) * time.Millisecond,
	}
	c.mu.Lock()
	c.mu.refusal = refusal
	c.mu.Unlock()
	if receipt := headers["receipt-id"]; receipt != "" {
		c.settle(receipt, answer{err: refusal})
	}
	c.settle(connectReceipt, answer{err: refusal})
}
