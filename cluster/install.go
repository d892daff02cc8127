package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// cache is where engines are installed: beside what scripts/prelude.sh installs.
func cache() (string, error) {
	dir, err := os.UserCacheDir() // $XDG_CACHE_HOME, or ~/.cache
	return filepath.Join(dir, "hubbub", "engines"), err
}

// install returns the folder of what is installed under a name, and has fill make it
// if it is not there. It is filled under another name and moved when it is whole, so
// that what is there is whole. Of several processes one fills and the others wait.
func install(ctx context.Context, name string, fill func(ctx context.Context, dir string) error) (string, error) {
	root, err := cache()
	if err != nil {
		return "", fmt.Errorf("install %s: %w", name, err)
	}
	dir := filepath.Join(root, name)
	if err := installTo(ctx, dir, fill); err != nil {
		return "", fmt.Errorf("install %s: %w", name, err)
	}
	return dir, nil
}

func installTo(ctx context.Context, dir string, fill func(ctx context.Context, dir string) error) error {
	if there, err := exists(dir); there || err != nil {
		return err
	}
	locked := dir + ".lock" // stays: who removed it would let in a second one
	if err := os.MkdirAll(locked, 0o700); err != nil {
		return err
	}
	lock, err := awaitFolder(ctx, locked)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }()
	if there, err := exists(dir); there || err != nil {
		return err // another was faster
	}
	part := dir + ".part"
	// One that was killed may have left its own.
	if err := errors.Join(os.RemoveAll(part), os.Mkdir(part, 0o755)); err != nil {
		return err
	}
	if err := fill(ctx, part); err != nil {
		return errors.Join(err, os.RemoveAll(part))
	}
	return os.Rename(part, dir)
}

func exists(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// command runs a program in a folder to its end and returns what it printed; what it
// wrote to standard error is in the error.
func command(ctx context.Context, dir, name string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = dir
	c.WaitDelay = probeBound // for what it started and left
	var out, said strings.Builder
	c.Stdout, c.Stderr = &out, &said
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), err, out.String(), said.String())
	}
	return out.String(), nil
}
