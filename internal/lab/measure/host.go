package measure

import (
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

// Host describes this machine as far as it can be known; without /proc that is
// less.
func Host() raw.Host {
	return raw.Host{
		OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.GOMAXPROCS(0), Go: runtime.Version(),
		Kernel: firstLine("/proc/sys/kernel/osrelease"),
		CPU:    field("/proc/cpuinfo", "model name"),
		Memory: kibibytes(field("/proc/meminfo", "MemTotal")),
	}
}

func firstLine(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return line
}

// field finds "name : value" in a file of such lines.
func field(file, name string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func kibibytes(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimSuffix(text, " kB"), 10, 64)
	if err != nil {
		return 0
	}
	return n << 10
}
