package natslog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// A mark is the newest number and time that a topic ever acknowledged. It is
// written before each acknowledgement goes out, one small write in place that
// is not synced: it outlives the process, and a machine that loses it has lost
// no synced record either. With it a shortened log is recognised on opening.
type mark struct {
	file *os.File
	n    uint64
	time int64 // ms since 1970
}

func openMark(dir, topic string) (*mark, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, topic), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	m := &mark{file: f}
	var text [16]byte
	switch size, err := f.ReadAt(text[:], 0); {
	case size == len(text):
		m.n = binary.LittleEndian.Uint64(text[:8])
		m.time = int64(binary.LittleEndian.Uint64(text[8:]))
	case size > 0 || !errors.Is(err, io.EOF): // else it is new, or lost
		_ = f.Close()
		return nil, fmt.Errorf("%s is damaged: it has %d bytes instead of %d", f.Name(), size, len(text))
	}
	return m, nil
}

func (m *mark) set(n uint64, ms int64) error {
	var text [16]byte
	binary.LittleEndian.PutUint64(text[:8], n)
	binary.LittleEndian.PutUint64(text[8:], uint64(ms))
	_, err := m.file.WriteAt(text[:], 0)
	m.n, m.time = n, ms
	return err
}

func (m *mark) close() { _ = m.file.Close() }
