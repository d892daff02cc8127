package hubbub

import (
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"
)

// TimeLayout is how times stand in payloads: RFC 3339, UTC, milliseconds.
const TimeLayout = "2006-01-02T15:04:05.000Z"

// A Sender is who wrote a message, as the verified token and the account say.
type Sender struct {
	ID              UserID   `json:"id"`
	Name            string   `json:"name"`
	ProfileImageURL string   `json:"profileImageUrl"`
	Roles           []string `json:"roles"`
}

// A Message is one chat message: the value of a record of kind KindMessage in
// raw-chats, and the body of a MESSAGE frame, unchanged.
type Message struct {
	ID        MessageID `json:"id"`
	StreamID  StreamID  `json:"streamId"`
	Sender    Sender    `json:"sender"`
	Content   string    `json:"content"`
	CreatedAt time.Time `json:"createdAt"`       // set by the server, ms
	Nonce     string    `json:"nonce,omitempty"` // chosen by the sender, at most 64 ASCII characters
}

// Kinds of records in raw-chats. Readers skip kinds that they do not know.
const (
	KindMessage = "" // the absent header
	KindControl = "control"
)

// AppendJSON appends the message's topic value to dst: valid JSON in UTF-8
// without NUL or line breaks. It allocates only to grow dst.
func (m *Message) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"id":`...)
	dst = AppendString(dst, string(m.ID))
	dst = append(dst, `,"streamId":`...)
	dst = AppendString(dst, string(m.StreamID))
	dst = append(dst, `,"sender":{"id":`...)
	dst = AppendString(dst, string(m.Sender.ID))
	dst = append(dst, `,"name":`...)
	dst = AppendString(dst, m.Sender.Name)
	dst = append(dst, `,"profileImageUrl":`...)
	dst = AppendString(dst, m.Sender.ProfileImageURL)
	dst = append(dst, `,"roles":[`...)
	for i, role := range m.Sender.Roles {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendString(dst, role)
	}
	dst = append(dst, `]},"content":`...)
	dst = AppendString(dst, m.Content)
	dst = append(dst, `,"createdAt":"`...)
	dst = m.CreatedAt.UTC().AppendFormat(dst, TimeLayout)
	dst = append(dst, '"')
	if m.Nonce != "" {
		dst = append(dst, `,"nonce":`...)
		dst = AppendString(dst, m.Nonce)
	}
	return append(dst, '}')
}

// ParseMessage reads a topic value, ignoring unknown fields.
func ParseMessage(value []byte) (Message, error) {
	var m Message
	if err := json.Unmarshal(value, &m); err != nil {
		return Message{}, fmt.Errorf("read a message: %w", err)
	}
	return m, nil
}

// AppendString appends s as a JSON string. Invalid UTF-8 becomes U+FFFD;
// control characters and U+2028/2029 are escaped, HTML is not (a body is never
// placed in a page unescaped, and readers compare texts).
func AppendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' && c != 0x7f {
				i++
				continue
			}
			dst = append(dst, s[start:i]...)
			switch c {
			case '"', '\\':
				dst = append(dst, '\\', c)
			case '\n':
				dst = append(dst, '\\', 'n')
			case '\r':
				dst = append(dst, '\\', 'r')
			case '\t':
				dst = append(dst, '\\', 't')
			default:
				dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if (r == utf8.RuneError && size == 1) || r == 0x2028 || r == 0x2029 {
			dst = append(dst, s[start:i]...)
			switch r {
			case 0x2028:
				dst = append(dst, `\u2028`...)
			case 0x2029:
				dst = append(dst, `\u2029`...)
			default:
				dst = append(dst, `\ufffd`...)
			}
			start = i + size
		}
		i += size
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}
