package natslog

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// prepareFolder makes the folder, and refuses one with anything in it that is
// not a log: JetStream would take a foreign folder without a word.
func prepareFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, "epoch.json")); err == nil {
		return nil
	}
	for _, entry := range entries {
		switch entry.Name() {
		case "lock", "epoch.json.new": // of an opening that got no further
		case "lost+found": // the folder is a file system of its own
		default:
			return fmt.Errorf("the folder holds %q but no epoch.json: it is not the folder of a log, or that file was lost", entry.Name())
		}
	}
	return nil
}

// lockFolder keeps other processes out for as long as the file is open.
func lockFolder(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, diskError(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.New("another process has it open")
		}
		return nil, fmt.Errorf("lock the folder: %w", err)
	}
	return f, nil
}

// writeDurably replaces a file, so that a crash leaves the old or the new text.
func writeDurably(path string, text []byte) error {
	temp := path + ".new"
	f, err := os.OpenFile(temp, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		_ = os.Remove(temp) // a full disk needs the room
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes the names in a folder durable.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	return d.Sync()
}
