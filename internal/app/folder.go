package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// folderVersion is the layout of the data folder that this program writes.
const folderVersion = 1

// folderFile marks a data folder and says which layout it has.
const folderFile = "hubbub.json"

// What is in it and has no name elsewhere.
const (
	logFolder   = "log"
	archiveFile = "archive.db"
)

// A folder is the data folder, held by this process alone:
//
//	hubbub.json     which layout this is
//	lock            held while a server runs
//	token-key.pem   the key that signs tokens
//	meta.db         users and streams
//	log/            the event log
//	archive.db      history
//	tally.db        the tallies of all streams
//	demo.json       whether the demo was stopped
type folder struct {
	dir  string
	lock *os.File
}

// openFolder takes the data folder, making it if it is not there. It refuses one
// that is something else's, a newer version's or in use, and leaves it as it is.
func openFolder(dir string) (*folder, error) {
	f := &folder{dir: dir}
	if err := f.open(); err != nil {
		f.close()
		return nil, fmt.Errorf("open the data folder %s: %w", dir, err)
	}
	return f, nil
}

func (f *folder) open() error {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return err
	}
	text, err := os.ReadFile(f.path(folderFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := f.refuseForeign(); err != nil {
			return err
		}
	case err != nil:
		return err
	default:
		if err := readable(text); err != nil {
			return err
		}
	}
	if err := f.take(); err != nil {
		return err
	}
	if text == nil {
		return f.mark()
	}
	return nil
}

// refuseForeign refuses a folder that holds anything but what a first start that
// was cut short, or `hubbub token`, leaves.
func (f *folder) refuseForeign() error {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		switch entry.Name() {
		case "lock", folderFile + ".new", "token-key.pem":
		default:
			return fmt.Errorf("it holds %q but no %s, so it is not hubbub's: name another with --data", entry.Name(), folderFile)
		}
	}
	return nil
}

func readable(text []byte) error {
	var mark struct{ Version int }
	if err := json.Unmarshal(text, &mark); err != nil || mark.Version < 1 {
		return fmt.Errorf("its %s cannot be read: it is damaged or not hubbub's", folderFile)
	}
	if mark.Version > folderVersion {
		return fmt.Errorf("it was written by a newer hubbub (layout %d, this one knows up to %d)", mark.Version, folderVersion)
	}
	return nil
}

// take keeps other servers out for as long as the file is open; the system
// releases it also when the process is killed.
func (f *folder) take() (err error) {
	f.lock, err = os.OpenFile(f.path("lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	err = syscall.Flock(int(f.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errors.New("another hubbub is running on it; stop that one, or name another folder with --data")
	}
	return err
}

// mark writes the file that says what this folder is.
func (f *folder) mark() error {
	return f.write(folderFile, fmt.Appendf(nil, "{\"version\":%d}\n", folderVersion))
}

// write replaces a file of the folder, durably, whole or not at all.
func (f *folder) write(name string, text []byte) error {
	temp := f.path(name + ".new")
	file, err := os.OpenFile(temp, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(temp, f.path(name)); err != nil {
		return err
	}
	return f.sync()
}

// sync makes what was renamed in the folder durable: without its mark, everything
// that comes after would look like somebody else's.
func (f *folder) sync() error {
	dir, err := os.Open(f.dir)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// empty removes all that is in the folder, but for the lock, which is held.
func (f *folder) empty() error {
	entries, err := os.ReadDir(f.dir)
	errs := []error{err}
	for _, entry := range entries {
		if entry.Name() != "lock" {
			errs = append(errs, os.RemoveAll(f.path(entry.Name())))
		}
	}
	return errors.Join(errs...)
}

func (f *folder) path(name string) string { return filepath.Join(f.dir, name) }

func (f *folder) close() {
	if f.lock != nil {
		_ = f.lock.Close() // and with it the lock
	}
}
