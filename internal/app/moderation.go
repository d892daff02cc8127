package app

import (
	"context"
	"errors"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/moderation/moderator"
	"github.com/hubbub-live/hubbub/internal/moderation/wordlist"
)

// startWords reads the blocked words, which the sender asks for.
func (a *App) startWords(p *parts) (err error) {
	p.words, err = wordlist.New(wordlist.Options{Words: p.streams.Words, History: p.history, File: a.o.BlockedWords, Logger: a.log})
	if err != nil {
		return err
	}
	a.run("the blocked words", p.words.Run)
	return nil
}

// startModerator makes who moderates the rooms, and has changes of streams told to
// them.
func (a *App) startModerator(s *stores, p *parts) {
	p.people = people{s.meta}
	p.moderator = moderator.New(moderator.Options{
		Log: s.log, Hub: p.hub, History: p.history, People: p.people, Logger: a.log, Metrics: a.registry,
	})
	p.streams.OnChange(func(c hubbub.Control) {
		p.heard(c.StreamID, &c) // here at once; elsewhere when the room hears of it
		p.moderator.Tell(c)
	})
}

// heard takes what a room says of its stream: copies of the stream are old then.
func (p *parts) heard(stream hubbub.StreamID, c *hubbub.Control) {
	if p.shown != nil {
		p.shown.Heard(stream, c)
	}
	switch c.Action {
	case hubbub.ActionStream, hubbub.ActionRoles:
		p.directory.Forget(stream)
	case hubbub.ActionWords:
		p.words.Forget(stream)
	}
}

// people is moderator.People of the accounts.
type people struct {
	accounts interface {
		User(ctx context.Context, id hubbub.UserID) (account.User, error)
		UserByName(ctx context.Context, name string) (account.User, error)
	}
}

// Person finds somebody by id.
func (p people) Person(ctx context.Context, id hubbub.UserID) (moderator.Person, bool, error) {
	return person(p.accounts.User(ctx, id))
}

// Named finds an account by name.
func (p people) Named(ctx context.Context, name string) (moderator.Person, bool, error) {
	return person(p.accounts.UserByName(ctx, name))
}

func person(u account.User, err error) (moderator.Person, bool, error) {
	if errors.Is(err, account.ErrNotFound) {
		return moderator.Person{}, false, nil
	}
	return moderator.Person{ID: u.ID, Name: u.Name, Roles: u.Roles()}, err == nil, err
}
