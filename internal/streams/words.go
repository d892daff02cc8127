package streams

import (
	"context"

	"github.com/hubbub-live/hubbub"
)

// Words returns the blocked words of a stream, in the order in which they were set.
func (s *Service) Words(ctx context.Context, id hubbub.StreamID) ([]string, error) {
	words, err := s.store.Words(ctx, id)
	if err != nil {
		return nil, unavailable(err)
	}
	return words, nil
}

// SetWords replaces the blocked words of a stream. Whether they can be words is the
// caller's to know.
func (s *Service) SetWords(ctx context.Context, by hubbub.UserID, id hubbub.StreamID, words []string) error {
	if err := s.store.SetWords(ctx, id, words); err != nil {
		return refusalOf(id, err)
	}
	s.onChange(hubbub.Control{StreamID: id, Action: hubbub.ActionWords, By: by})
	return nil
}
