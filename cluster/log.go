package cluster

import (
	"fmt"
	"io"
	"os"
)

// tailSize is how much of a log an error carries.
const tailSize = 4 << 10

// Log returns the end of what the newest process wrote, for an error or a test that
// failed. All that every process wrote is in the file Dir/Name.log.
func (p *Process) Log() string {
	if p.run == nil {
		return ""
	}
	text, err := tail(p.logFile(), p.run.from)
	if err != nil {
		return fmt.Sprintf("(its log cannot be read: %v)", err)
	}
	return text
}

// tail returns the end of a file, nothing from before an offset.
func tail(path string, from int64) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	from = max(from, info.Size()-tailSize)
	text, err := io.ReadAll(io.NewSectionReader(f, from, info.Size()-from))
	return string(text), err
}
