package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/hubbub-live/hubbub/internal/demo"
	"github.com/hubbub-live/hubbub/internal/streams"
)

// demoFile says whether the demo was stopped.
const demoFile = "demo.json"

// demoSeed makes all demos the same show.
const demoSeed = 1

// startDemo starts the scripted chatters in a stream of their own. If somebody has
// a stream of that name it stays theirs, and there is no demo.
func (a *App) startDemo(ctx context.Context, s *stores, p *parts) error {
	if _, err := p.streams.Ensure(ctx, streams.Draft{ID: demo.Stream, Title: "Demo · 데모: up the tower", Demo: true}); err != nil {
		return fmt.Errorf("make the demo's stream: %w", err)
	}
	if stream, err := p.directory.Stream(ctx, demo.Stream); err == nil && !stream.Demo {
		a.log.Warn("there is no demo: somebody has a stream of that name", "stream", demo.Stream)
		return nil
	}
	d, err := demo.New(demo.Options{
		Post: p.sender.Post, Find: p.directory.Stream, Seed: demoSeed, Logger: a.log,
		Load: s.files.folder.demoStopped,
		Save: func(stopped bool) error {
			return s.files.folder.write(demoFile, fmt.Appendf(nil, "{\"stopped\":%t}\n", stopped))
		},
	})
	if err != nil {
		return err
	}
	p.demo = d
	a.run("the demo", d.Run)
	return nil
}

func (f *folder) demoStopped() (bool, error) {
	text, err := os.ReadFile(f.path(demoFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	var said struct{ Stopped bool }
	if err == nil {
		err = json.Unmarshal(text, &said)
	}
	if err != nil {
		return false, fmt.Errorf("read %s: %w", demoFile, err)
	}
	return said.Stopped, nil
}
