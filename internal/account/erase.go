package account

import (
	"context"
	"errors"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/token"
)

// Times of an erasure.
const (
	erasePatience = 8 * time.Second  // that the user waits for it; the rest is done without them
	eraseEvery    = 20 * time.Second // between two tries of what is not done
	// eraseSettles is how long after it was noted an erasure is done once more: what
	// the user said until their last session ended may have been on its way.
	eraseSettles = archive.ErasureReach
)

// An Erasure is one that was begun and is not known to be done.
type Erasure struct {
	User hubbub.UserID
	At   time.Time // when it was noted
}

// An ErasureStore keeps erasures, under the terms of a Store.
type ErasureStore interface {
	// EraseUser removes whatever is kept of r.User, ends and blanks their streams,
	// adds r and notes the erasure: all or nothing. It returns those streams. That
	// there is no such user is no error.
	EraseUser(ctx context.Context, r Revocation) ([]hubbub.StreamID, error)
	// Erasures returns those that are noted.
	Erasures(ctx context.Context) ([]Erasure, error)
	// EndErasure forgets that one was begun.
	EndErasure(ctx context.Context, user hubbub.UserID) error
}

// An Eraser blanks what a user said; archive.Archive is one.
type Eraser interface {
	Erase(ctx context.Context, user hubbub.UserID) (int64, error)
}

// noArchive is where nothing is kept of what was said.
type noArchive struct{}

func (noArchive) Erase(context.Context, hubbub.UserID) (int64, error) { return 0, nil }

// Erase removes the holder of a token, who proves it by their password if they
// have one, and blanks their name and texts, for good. Their tokens are void,
// their sessions end, their streams have ended and their names are free from the
// moment on at which it is noted; an archive that is large or away is blanked
// later, after a restart too.
func (s *Service) Erase(ctx context.Context, who token.Identity, secret string) error {
	if err := s.prove(ctx, who, secret); err != nil {
		return err
	}
	r := s.revocation(who.User, ReasonErased)
	streams, err := s.store.EraseUser(ctx, r)
	if err != nil {
		return unavailable(err)
	}
	s.o.Logger.Info("a user is erased", "user", who.User, "streams", len(streams))
	s.o.OnErase(streams)
	s.o.OnRevoke(r)
	ctx, cancel := context.WithTimeout(ctx, erasePatience)
	defer cancel()
	if _, err := s.o.Archive.Erase(ctx, who.User); err != nil {
		s.o.Logger.Warn("what an erased user said is not blanked yet; it goes on", "user", who.User, "err", err)
	}
	return nil
}

// prove checks the password of a user who has one: a token may have been left in
// a browser.
func (s *Service) prove(ctx context.Context, who token.Identity, secret string) error {
	stored, err := s.store.Password(ctx, who.User)
	switch {
	case errors.Is(err, ErrNotFound): // of another system: there is what they said
		return nil
	case err != nil:
		return unavailable(err)
	case stored == "":
		return nil
	}
	same, err := s.hasher.verify(ctx, secret, stored)
	if err == nil && !same {
		err = hubbub.Refuse(hubbub.CodeCredentialsInvalid, "the password is wrong")
	}
	return err
}

// RunErasures finishes what was begun, also before a restart, until ctx ends.
func (s *Service) RunErasures(ctx context.Context) error {
	every := time.NewTicker(eraseEvery)
	defer every.Stop()
	for {
		if err := s.finishErasures(ctx); err != nil && ctx.Err() == nil {
			s.o.Logger.Warn("an erasure cannot be finished now; trying again", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
		}
	}
}

func (s *Service) finishErasures(ctx context.Context) error {
	begun, err := s.store.Erasures(ctx)
	errs := []error{err}
	for _, e := range begun {
		settled := s.o.Now().Sub(e.At) > eraseSettles
		_, err := s.o.Archive.Erase(ctx, e.User)
		if err == nil && settled {
			err = s.store.EndErasure(ctx, e.User)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
