package cli

import (
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/app"
	"github.com/hubbub-live/hubbub/internal/streams"
)

// StreamCmd is what an operator does to streams, on the data folder or the database itself.
type StreamCmd struct {
	Create StreamCreateCmd `cmd:"" help:"Create a live stream and print its id."`
	End    StreamEndCmd    `cmd:"" help:"End a stream: it can only be read from then on. A server notices within half a minute."`
	List   StreamListCmd   `cmd:"" help:"List the streams, newest first."`
}

// A streamFolder says whose streams.
type streamFolder struct {
	app.Site
}

// with opens the streams for f.
func (s streamFolder) with(env *Env, f func(*streams.Service, *account.Service) error) error {
	service, accounts, closer, err := app.Streams(env.Context, s.Site)
	if err != nil {
		return err
	}
	return errors.Join(f(service, accounts), closer.Close())
}

// StreamCreateCmd creates a stream.
type StreamCreateCmd struct {
	streamFolder
	Title     string `arg:"" help:"Its title."`
	ID        string `name:"id" help:"Its id: 1 to 64 of A-Z a-z 0-9 _ and -; made up without."`
	Owner     string `help:"Name of the account that runs it; admins alone without."`
	Language  string `help:"Language of the stream, such as ko."`
	Thumbnail string `help:"Its picture." placeholder:"URL"`
	Playback  string `help:"Its video." placeholder:"URL"`
}

// Run prints the id.
func (c *StreamCreateCmd) Run(env *Env) error {
	return c.with(env, func(service *streams.Service, accounts *account.Service) error {
		d := streams.Draft{
			ID: hubbub.StreamID(c.ID), Title: c.Title, Language: c.Language, ThumbnailURL: c.Thumbnail, PlaybackURL: c.Playback,
		}
		if c.Owner != "" {
			owner, err := accounts.ByName(env.Context, c.Owner)
			if err != nil {
				return fmt.Errorf("find the owner %s: %w", c.Owner, err)
			}
			d.HostID, d.HostName, d.HostPicture = owner.ID, owner.Name, owner.Picture
		}
		stream, err := service.Create(env.Context, d)
		if err != nil {
			return fmt.Errorf("create the stream: %w", err)
		}
		_, err = fmt.Fprintln(env.Stdout, stream.ID)
		return err
	})
}

// StreamEndCmd ends a stream.
type StreamEndCmd struct {
	streamFolder
	ID string `arg:"" help:"Its id."`
}

// Run ends it; ending it again changes nothing.
func (c *StreamEndCmd) Run(env *Env) error {
	return c.with(env, func(service *streams.Service, _ *account.Service) error {
		if err := service.End(env.Context, "", hubbub.StreamID(c.ID)); err != nil {
			return fmt.Errorf("end the stream: %w", err)
		}
		return nil
	})
}

// StreamListCmd lists streams.
type StreamListCmd struct {
	streamFolder
	Status string `help:"live, ended or all." enum:"live,ended,all" default:"all"`
}

// Run prints a line for each: id, status, when it was created, host and title.
func (c *StreamListCmd) Run(env *Env) error {
	return c.with(env, func(service *streams.Service, _ *account.Service) error {
		filter := streams.Filter{Status: c.Status}
		if c.Status == "all" {
			filter.Status = ""
		}
		w := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
		for n := 0; ; n++ {
			page, err := service.List(env.Context, filter, n, streams.MaxSize)
			if err != nil {
				return fmt.Errorf("list the streams: %w", err)
			}
			for _, s := range page.Streams {
				host := s.HostName
				if host == "" {
					host = "-"
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", s.ID, s.Status, s.CreatedAt.Format(hubbub.TimeLayout), host, s.Title)
			}
			if !page.HasNext {
				return w.Flush()
			}
		}
	})
}
