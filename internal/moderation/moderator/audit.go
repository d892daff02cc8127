package moderator

import (
	"context"
	"slices"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/streams"
)

// A Deed is a control record as the audit shows it.
type Deed struct {
	hubbub.Control
	Position hubbub.Position
	At       time.Time // log time
	ByName   string    // "" where nobody knows it
	UserName string
}

// Audit returns up to limit of what was done in a stream before a position (zero:
// the newest), newest first, and the position for what was done before that.
func (s *Service) Audit(ctx context.Context, by streams.Actor, stream hubbub.Stream, before hubbub.Position, limit int) ([]Deed, hubbub.Position, error) {
	if err := streams.May(by, streams.ActionModerate, stream); err != nil {
		return nil, before, err
	}
	kind := hubbub.KindControl
	page, err := s.o.History.Page(ctx, archive.Query{Stream: stream.ID, Before: before, Kind: &kind, Limit: limit})
	if err != nil {
		return nil, before, err
	}
	deeds := make([]Deed, 0, len(page))
	names := map[hubbub.UserID]string{}
	for _, e := range slices.Backward(page) {
		before = e.Position
		c, err := hubbub.ParseControl(e.Value)
		if err != nil {
			continue // written by a version that this one cannot read
		}
		d := Deed{Control: c, Position: e.Position, At: e.Time}
		if d.ByName, err = s.name(ctx, names, c.By); err != nil {
			return nil, before, err
		}
		if d.UserName, err = s.name(ctx, names, c.UserID); err != nil {
			return nil, before, err
		}
		deeds = append(deeds, d)
	}
	return deeds, before, nil
}

// name returns a user's name, which is asked for once.
func (s *Service) name(ctx context.Context, known map[hubbub.UserID]string, id hubbub.UserID) (string, error) {
	if name, ok := known[id]; ok || id == "" {
		return name, nil
	}
	p, _, err := s.o.People.Person(ctx, id)
	known[id] = p.Name
	return p.Name, err
}
