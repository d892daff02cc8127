package observer

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"github.com/hubbub-live/hubbub"
)

// message is what is counted of a message's value.
type message struct {
	ID     hubbub.MessageID `json:"id"`
	Sender struct {
		ID hubbub.UserID `json:"id"`
	} `json:"sender"`
	Content string `json:"content"`
}

// read reads a value; false: it is no message.
func (m *message) read(value []byte) bool {
	*m = message{}
	if m.readUsual(value) {
		return true
	}
	*m = message{}
	return json.Unmarshal(value, m) == nil
}

// readUsual reads the form that [hubbub.Message.AppendJSON] writes, of strings without
// escapes, in a fraction of the time that any JSON takes. False: it is in another form, if
// it is a message at all.
func (m *message) readUsual(value []byte) bool {
	r := usual{rest: value}
	m.ID = hubbub.MessageID(r.field(`{"id":`))
	r.field(`,"streamId":`)
	m.Sender.ID = hubbub.UserID(r.field(`,"sender":{"id":`))
	r.field(`,"name":`)
	r.field(`,"profileImageUrl":`)
	r.skip(`,"roles":[`)
	for comma := ""; !bytes.HasPrefix(r.rest, []byte{']'}) && !r.failed; comma = "," {
		r.field(comma)
	}
	m.Content = string(r.field(`]},"content":`))
	r.field(`,"createdAt":`)
	if !bytes.Equal(r.rest, []byte{'}'}) {
		r.field(`,"nonce":`)
	}
	r.skip(`}`)
	return !r.failed && len(r.rest) == 0
}

// usual reads from the front of rest; after a failure it reads nothing.
type usual struct {
	rest   []byte
	failed bool
}

func (r *usual) skip(what string) {
	if len(r.rest) < len(what) || string(r.rest[:len(what)]) != what {
		r.failed, r.rest = true, nil
		return
	}
	r.rest = r.rest[len(what):]
}

// field skips what comes before a string, and reads that.
func (r *usual) field(before string) (text []byte) {
	r.skip(before)
	r.skip(`"`)
	ascii := true
	for i, c := range r.rest {
		switch {
		case c == '"':
			text, r.rest = r.rest[:i], r.rest[i+1:]
			r.failed = r.failed || !ascii && !utf8.Valid(text)
			return text
		case c == '\\' || c < ' ':
			r.failed, r.rest = true, nil
			return nil
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	r.failed, r.rest = true, nil
	return nil
}
