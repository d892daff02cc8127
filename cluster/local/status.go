package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/hubbub-live/hubbub/cluster/supervisor"
)

// errNotUp is why status fails.
var errNotUp = errors.New("the cluster is not up")

// status prints a table of the processes of the cluster in a folder.
func status(dir string, stdout io.Writer) error {
	pid, err := holder(dir)
	if err != nil {
		return err
	}
	if pid == 0 {
		return errNotUp
	}
	s, err := readState(dir)
	if err != nil || s.Pid != pid {
		return fmt.Errorf("process %d has just begun to start the cluster", pid)
	}
	how := "starting"
	if s.Ready {
		how = "up"
	}
	fmt.Fprintf(stdout, "%s, %s, run by process %d\n\n", s.URL, how, pid)
	return printTable(stdout, s.Processes, observe, time.Now())
}

// An observation is what the kernel says of a process.
type observation struct {
	frozen bool
	rss    int // KiB
}

// printTable prints a line per process, and what all take together.
func printTable(stdout io.Writer, list []supervisor.Status, observe func(pid int) observation, now time.Time) error {
	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tPID\tPORTS\tSTATE\tRSS\tUPTIME\tSTARTS")
	total := 0
	for _, s := range list {
		pid, rss, uptime, how := "-", "-", "-", string(s.State)
		if s.Pid != 0 {
			o := observe(s.Pid)
			total += o.rss
			pid, rss, uptime = strconv.Itoa(s.Pid), mib(o.rss), now.Sub(s.Since).Round(time.Second).String()
			if o.frozen {
				how = "frozen"
			}
		}
		ports := cmp.Or(strings.Trim(fmt.Sprint(s.Ports), "[]"), "-") // another at each start
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\n", s.Name, pid, ports, how, rss, uptime, s.Starts)
	}
	fmt.Fprintf(w, "all\t\t\t\t%s\t\t\n", mib(total))
	return w.Flush()
}

func mib(kib int) string { return fmt.Sprintf("%d MiB", (kib+512)/1024) }

// observe asks the kernel; of a process that has ended it says nothing.
func observe(pid int) observation {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return observation{}
	}
	return parseStatus(text)
}

// parseStatus reads a file /proc/PID/status.
func parseStatus(text []byte) observation {
	var o observation
	for line := range bytes.Lines(text) {
		name, value, _ := strings.Cut(string(line), ":")
		fields := strings.Fields(value)
		if len(fields) == 0 {
			continue
		}
		switch name {
		case "State":
			o.frozen = fields[0] == "T"
		case "VmRSS":
			o.rss, _ = strconv.Atoi(fields[0]) // the kernel writes numbers
		}
	}
	return o
}
