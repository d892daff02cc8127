//go:build unix

package measure

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// Self is what this process has used: seconds of CPU, and the most bytes of memory
// that it ever held.
func Self() (cpu float64, memory int64) {
	var used unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &used) != nil {
		return 0, 0
	}
	memory = used.Maxrss
	if runtime.GOOS != "darwin" { // there it is bytes
		memory <<= 10
	}
	spent := time.Duration(unix.TimevalToNsec(used.Utime) + unix.TimevalToNsec(used.Stime))
	return spent.Seconds(), memory
}
