package archive

import (
	"github.com/hubbub-live/hubbub"
)

// MaxLimit is the largest page.
const MaxLimit = 1000

// Validate returns a refusal if q asks for what no archive can answer.
func (q Query) Validate() error {
	switch {
	case q.Limit < 1 || q.Limit > MaxLimit:
		return hubbub.Refuse(hubbub.CodeBadRequest, "a page has 1 to %d entries, not %d", MaxLimit, q.Limit)
	case !q.Before.IsZero() && q.Ascending():
		return hubbub.Refuse(hubbub.CodeBadRequest, "a page is read before or after a position, not both")
	}
	return nil
}

// Ascending says whether the page is the oldest after After, not the newest
// before Before.
func (q Query) Ascending() bool { return q.Forward || !q.After.IsZero() }
