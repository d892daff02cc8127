package cluster

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"text/template"

	"github.com/hubbub-live/hubbub/cluster/loopback"
)

// A Front is the one address of several roles, and where nginx forwards to from there.
type Front struct {
	Port int
	Chat []int // ports of the chat servers, one at least; those with the fewest connections get the next
	User int   // the port that gets everything else
}

// NewNginx installs nginx if it is missing and prepares one in a folder. It is not
// started. It is ready when it listens, whether or not those behind it do.
func NewNginx(ctx context.Context, dir string, f Front) (*Process, error) {
	binary, env, err := InstallNginx(ctx)
	if err != nil {
		return nil, err
	}
	text, err := nginxConf(f, os.Geteuid() == 0)
	if err != nil {
		return nil, fmt.Errorf("configure nginx: %w", err)
	}
	// It makes the folders of the last level only.
	if err := os.MkdirAll(filepath.Join(dir, "temp"), 0o700); err != nil {
		return nil, err
	}
	if err := WriteFile(filepath.Join(dir, "nginx.conf"), text); err != nil {
		return nil, err
	}
	return New(Spec{
		// Each viewer takes two files, and a process gets 1024 on many machines unless it
		// asks for what it may have, which nginx does for its workers alone.
		Name: "nginx", Dir: dir, Path: "/bin/sh", Env: env, Ports: []int{f.Port},
		Args: []string{"-c", `ulimit -n "$(ulimit -Hn)"; exec "$0" "$@"`, binary, "-p", dir, "-e", "stderr", "-c", "nginx.conf"},
	}), nil
}

// nginxConf is its configuration; as root it has to be told to stay that.
func nginxConf(f Front, root bool) ([]byte, error) {
	t, err := template.ParseFS(configurations, "conf/nginx/nginx.conf")
	if err != nil {
		return nil, err
	}
	var chat []string
	for _, port := range f.Chat {
		chat = append(chat, loopback.Address(port))
	}
	var text bytes.Buffer
	err = t.Execute(&text, map[string]any{
		"Root": root, "Listen": loopback.Address(f.Port), "Chat": chat, "User": loopback.Address(f.User),
	})
	return text.Bytes(), err
}
