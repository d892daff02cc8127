package spark

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
)

// What this test's binary does when an executor runs it with one of these names, and
// with what is left of the arguments. It returns the status.
var children = map[string]func(args []string) int{"count": count, "fail": fail, "hang": hang}

// A record is a line that a child gets and, with N, one that it prints.
type record struct {
	Sender string   `json:"sender"`
	Value  string   `json:"value,omitempty"`
	Values []string `json:"values,omitempty"`
}

// count prints what each sender said, a line for each; those of a sender come together.
func count([]string) int {
	in, out := bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout)
	var group record
	flush := func() {
		if group.Sender != "" {
			_ = out.Encode(group)
		}
	}
	for in.Scan() {
		var r record
		if err := json.Unmarshal(in.Bytes(), &r); err != nil {
			fmt.Fprintf(os.Stderr, "%q: %v\n", in.Bytes(), err)
			return 1
		}
		if r.Sender != group.Sender {
			flush()
			group = record{Sender: r.Sender}
		}
		group.Values = append(group.Values, r.Value)
	}
	flush()
	return 0
}

func fail([]string) int {
	fmt.Fprintln(os.Stderr, "the model is missing")
	return 3
}

// hang tells an address that it is there, and stays until that closes the connection.
func hang(args []string) int {
	c, err := net.Dial("tcp", args[0])
	if err != nil {
		return 1
	}
	_, _ = io.Copy(io.Discard, c)
	return 0
}
