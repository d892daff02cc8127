package archive

import (
	"bytes"
	"encoding/json"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// Of makes the entry of a record of raw-chats. What it cannot read is kept as it
// is, without ID and Sender: unknown kinds, newer versions, values that are no
// JSON. Value is shared with the record.
func Of(r eventlog.Record) Entry {
	e := Entry{
		Stream: r.Stream, Position: r.Position, Time: r.Time,
		Kind: r.Kind, Version: r.Version, Value: r.Value,
	}
	if known(r.Kind, r.Version) {
		e.ID, e.Sender = head(r.Value)
	}
	return e
}

func known(kind string, version int) bool {
	return (kind == hubbub.KindMessage || kind == hubbub.KindControl) && version <= eventlog.Version
}

// The way in which a value written by this program begins.
var (
	idPrefix     = []byte(`{"id":"`)
	streamPrefix = []byte(`","streamId":"`)
	senderPrefix = []byte(`","sender":{"id":"`)
)

// head reads the id of a value and, of a message, its sender's id. Values begin
// with them as this program writes them, so they are found without decoding the
// rest, at a thirtieth of the cost; a value by anyone else is decoded.
func head(value []byte) (hubbub.MessageID, hubbub.UserID) {
	id, rest, ok := plain(value, idPrefix)
	if !ok {
		return decodedHead(value)
	}
	_, rest, ok = plain(rest, streamPrefix)
	if !ok {
		return decodedHead(value)
	}
	sender, _, ok := plain(rest, senderPrefix)
	if !ok {
		return decodedHead(value)
	}
	return hubbub.MessageID(id), hubbub.UserID(sender)
}

// plain returns the string that follows prefix, if it has no escapes, and what
// follows from its closing quote on.
func plain(text, prefix []byte) (s, rest []byte, ok bool) {
	text, ok = bytes.CutPrefix(text, prefix)
	if !ok {
		return nil, nil, false
	}
	end := bytes.IndexByte(text, '"')
	if end < 0 || bytes.IndexByte(text[:end], '\\') >= 0 {
		return nil, nil, false
	}
	return text[:end], text[end:], true
}

func decodedHead(value []byte) (hubbub.MessageID, hubbub.UserID) {
	var v struct {
		ID     hubbub.MessageID `json:"id"`
		Sender struct {
			ID hubbub.UserID `json:"id"`
		} `json:"sender"`
	}
	if json.Unmarshal(value, &v) != nil {
		return "", ""
	}
	return v.ID, v.Sender.ID
}
