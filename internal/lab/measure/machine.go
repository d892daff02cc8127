package measure

import (
	"strconv"
	"strings"
)

// ticks is how many units of /proc/stat make a second, on every Linux there is.
const ticks = 100

// Machine is the seconds of CPU that all processes of this machine have used, and
// those that its hypervisor gave to others. ok is false where that is not known.
func Machine() (used, stolen float64, ok bool) {
	return readStat(firstLine("/proc/stat"))
}

// readStat reads "cpu user nice system idle iowait irq softirq steal …".
func readStat(line string) (used, stolen float64, ok bool) {
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return 0, 0, false
	}
	var n [9]float64
	for i, field := range fields[1:9] {
		value, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return 0, 0, false
		}
		n[i+1] = value / ticks
	}
	return n[1] + n[2] + n[3] + n[6] + n[7], n[8], true
}
