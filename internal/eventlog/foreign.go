package eventlog

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"

	"github.com/hubbub-live/hubbub"
)

// maxID is the size of the longest id in a value, in bytes: stores index them.
const maxID = 1 << 10

// ForeignTo says why a record that is in a topic cannot have been written by this
// program; nil: it can. Of kinds and versions that are not known yet it asks for no more
// than that they are JSON.
func (r *Record) ForeignTo(topic Topic) error {
	if err := r.Check(); err != nil {
		return err
	}
	value := bytes.TrimLeft(r.Value, " \t\r\n")
	if !bytes.HasPrefix(value, []byte{'{'}) || !utf8.Valid(r.Value) || !json.Valid(r.Value) {
		return errors.New("the record's value is no JSON object in UTF-8")
	}
	known := (r.Kind == hubbub.KindMessage || r.Kind == hubbub.KindControl) && r.Version <= Version
	if topic == RawChats && known && !identified(r.Value) {
		return errors.New("the record's value has no id, or one that is too long")
	}
	return nil
}

// identified says whether a message or control record has an id. What this program
// writes begins with it.
func identified(value []byte) bool {
	if rest, ok := bytes.CutPrefix(value, []byte(`{"id":"`)); ok && len(value) < maxID {
		return rest[0] != '"'
	}
	var of struct {
		ID     string `json:"id"`
		Sender struct {
			ID string `json:"id"`
		} `json:"sender"`
	}
	return json.Unmarshal(value, &of) == nil && of.ID != "" && len(of.ID) <= maxID && len(of.Sender.ID) <= maxID
}
