package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"syscall"
)

// A report is what run tells up, one after the other.
type report struct {
	Line   string `json:"line,omitempty"`   // for people
	Ready  bool   `json:"ready,omitempty"`  // all is; nothing follows
	Failed string `json:"failed,omitempty"` // why it is not; nothing follows, and nothing runs
}

// A reporter takes the reports of run.
type reporter struct {
	send func(report)
	// gone is read until its end before all is ready: whoever waits for that is gone then.
	// Nil: nobody waits.
	gone io.ReadCloser
}

// reporterTo reports into an open file, a socket that is up's; or, without one, to people.
func reporterTo(file int, stdout io.Writer) reporter {
	if file < 0 {
		return reporter{send: func(r report) {
			if r.Line != "" {
				fmt.Fprintln(stdout, r.Line)
			}
		}}
	}
	syscall.CloseOnExec(file) // it ends with this process, whatever that started
	f := os.NewFile(uintptr(file), "up")
	to := json.NewEncoder(f)
	return reporter{gone: f, send: func(r report) { _ = to.Encode(r) }} // who is gone needs none
}
