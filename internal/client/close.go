package client

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/hubbub-live/hubbub"
)

// ErrClosed is a Conn's Err after its own Close or Disconnect.
var ErrClosed = errors.New("the connection was closed on this side")

// A CloseError says how the server ended a connection.
type CloseError struct {
	Code    int           // of the close frame; 0: none came
	Reason  string        // of the close frame
	Refusal *hubbub.Error // of a STOMP ERROR before it; nil: none
}

// Error prints code, reason and refusal.
func (e *CloseError) Error() string {
	text := fmt.Sprintf("closed by the server: %d %s", e.Code, e.Reason)
	if e.Refusal != nil {
		text += ": " + e.Refusal.Error()
	}
	return text
}

// Unwrap gives the refusal, so that errors.As finds its code.
func (e *CloseError) Unwrap() error {
	if e.Refusal == nil {
		return nil
	}
	return e.Refusal
}

// Reconnect says whether the close code invites the client back: anything but
// 4500 to 4999.
func (e *CloseError) Reconnect() bool { return e.Code < 4500 || e.Code > 4999 }

// A StatusError is an upgrade answered with another status than 101.
type StatusError struct {
	Status     int
	Code       hubbub.Code   // of the problem document; "" without one
	RetryAfter time.Duration // 0: no hint
}

// Error prints status and code.
func (e *StatusError) Error() string {
	return fmt.Sprintf("refused with status %d %s", e.Status, e.Code)
}

func readStatus(status int, answer io.Reader) *StatusError {
	refused := &StatusError{Status: status}
	response, err := http.ReadResponse(bufio.NewReader(answer), nil)
	if err != nil {
		return refused
	}
	defer response.Body.Close()
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	refused.RetryAfter = time.Duration(seconds) * time.Second
	var problem struct {
		Code hubbub.Code `json:"code"`
	}
	if json.NewDecoder(io.LimitReader(response.Body, 64<<10)).Decode(&problem) == nil {
		refused.Code = problem.Code
	}
	return refused
}
