// Package obs is what operators see: the log, the metrics, the health and the
// profiles of a process. It owns how they look and who may ask for them; what
// is logged, counted and checked belongs to the parts.
package obs

import (
	"fmt"
	"io"
	"log/slog"
)

// Logger makes a logger that writes to w: format is "text" or "json", level the
// least that is written, "debug", "info", "warn" or "error". Of warnings and errors with
// one text it writes five in ten seconds, and how many it held back.
func Logger(w io.Writer, format, level string) (*slog.Logger, error) {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("the log level is %q, not debug, info, warn or error", level)
	}
	o := &slog.HandlerOptions{Level: least}
	switch format {
	case "text":
		return slog.New(newFlood(slog.NewTextHandler(w, o))), nil
	case "json":
		return slog.New(newFlood(slog.NewJSONHandler(w, o))), nil
	}
	return nil, fmt.Errorf("the log format is %q, not text or json", format)
}
