package archive

import (
	"github.com/hubbub-live/hubbub"
)

// A Removal is what a control record takes out of viewers' sight.
type Removal struct {
	Message hubbub.MessageID // this message, wherever it stands; or, if empty,
	Before  hubbub.Position  // every message of the stream before it
}

// RemovalOf returns what an entry removes; ok is false for entries that remove
// nothing. Every adapter decides with it, so that all agree.
func RemovalOf(e *Entry) (r Removal, ok bool) {
	if e.Kind != hubbub.KindControl || !known(e.Kind, e.Version) {
		return Removal{}, false
	}
	c, err := hubbub.ParseControl(e.Value)
	if err != nil {
		return Removal{}, false
	}
	switch c.Action {
	case hubbub.ActionDelete:
		return Removal{Message: c.MessageID}, c.MessageID != ""
	case hubbub.ActionClear:
		return Removal{Before: e.Position}, true
	}
	return Removal{}, false
}
