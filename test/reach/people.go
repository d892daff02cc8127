package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// people measures what those feel who sign in, moderate and look at the page.
func (p program) people(ctx context.Context) []figure {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	return slices.Concat(blockedWords(ctx), p.logins(ctx), p.moderation(ctx), p.firstLoad(ctx))
}

func blockedWords(ctx context.Context) (all []figure) {
	for _, message := range []struct{ name, what string }{{"english", "an English"}, {"korean", "a Korean"}, {"longest", "the longest"}} {
		all = append(all, benchmark{"./internal/moderation/words", "BenchmarkBlocks/" + message.name, []figure{
			{what: "10,000 blocked words, " + message.what + " message", required: 5000, unit: "ns/op"},
			{what: "… allocations", required: 0, unit: "allocs/op"},
		}}.run(ctx)...)
	}
	return all
}

// either gives all figures the error that kept them from being measured.
func either(figures []figure, err error) []figure {
	for i := range figures {
		figures[i].err = err
	}
	return figures
}

// firstLoad opens a room that has a history in a browser that has seen nothing yet.
func (p program) firstLoad(ctx context.Context) []figure {
	figures := []figure{
		{what: "a room's page on a cold cache, until one can read and sign in", required: 1, unit: "s"},
		{what: "… script that came with it, gzipped", required: 90, unit: "KiB"},
	}
	return either(figures, p.fresh(ctx, func(server *process) error {
		clients := os.Getenv("HUBBUB_CLIENTS")
		if clients == "" {
			return errors.New("HUBBUB_CLIENTS is not set; scripts/prerequisites.sh --where says to what")
		}
		if err := fill(ctx, server.url, 300); err != nil {
			return err
		}
		node := exec.CommandContext(ctx, "node", "test/reach/firstload.mjs", server.url+"/s/"+string(stream))
		node.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(clients, "browser", "node_modules"))
		node.Stderr = os.Stderr
		out, err := node.Output()
		var said struct{ Median, Script float64 }
		if err == nil {
			err = json.Unmarshal(out, &said)
		}
		figures[0].measured, figures[1].measured = said.Median/1000, said.Script/1024
		return err
	}))
}
