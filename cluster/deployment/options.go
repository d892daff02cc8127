package deployment

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
)

// Options say what is deployed. The folder's data does not depend on the other ones,
// but for Prefix.
type Options struct {
	Dir    string // everything is below it: data, logs, configuration
	Listen string // the one address, host:port of loopback: engines here trust everybody
	Hubbub string // the binary
	Prefix string // before the names of topics, keys, tables' databases; "": none
	Chat   int    // how many chat servers
	Relay  int    // how many relays
	// TaskManagers are how many Flink has, beside a JobManager; 0: there is no Flink.
	TaskManagers int
}

// DefaultOptions are those of one who gives none.
func DefaultOptions() Options {
	return Options{Dir: "hubbub-cluster", Listen: "127.0.0.1:8080", Hubbub: filepath.Join("bin", "hubbub"), Chat: 2, Relay: 2}
}

// prefixes are what all engines take as a part of a name.
var prefixes = regexp.MustCompile(`^[a-z0-9_]{0,20}$`)

// mostReplicas of a role are more than make sense on one machine.
const mostReplicas = 16

// Check returns the options with whole paths, or an error for each that is wrong.
func (o Options) Check() (Options, error) {
	var wrong []error
	bad := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if at, err := netip.ParseAddrPort(o.Listen); err != nil || !at.Addr().Is4() || !at.Addr().IsLoopback() || at.Port() == 0 {
		bad("--listen %q is no port of 127.0.0.1, as 127.0.0.1:8080 is", o.Listen)
	}
	if !prefixes.MatchString(o.Prefix) {
		bad("--prefix %q is not up to 20 of a-z, 0-9 and _", o.Prefix)
	}
	if o.Chat < 1 || o.Chat > mostReplicas || o.Relay < 1 || o.Relay > mostReplicas {
		bad("--chat %d, --relay %d: each may be from 1 to %d", o.Chat, o.Relay, mostReplicas)
	}
	if o.TaskManagers < 0 || o.TaskManagers > mostReplicas {
		bad("--task-managers %d: from 1 to %d, or 0 for no Flink", o.TaskManagers, mostReplicas)
	}
	hubbub, err := exec.LookPath(o.Hubbub)
	if err != nil {
		bad("--hubbub: %w; make build makes bin/hubbub", err)
	}
	if jar := filepath.Join(filepath.Dir(hubbub), "hubbub-flink.jar"); err == nil && o.TaskManagers > 0 {
		if _, err := os.Stat(jar); err != nil {
			bad("--task-managers: %w; make flink-job makes it", err)
		}
	}
	if o.Dir == "" {
		bad("--dir is empty")
	}
	if len(wrong) > 0 {
		return o, errors.Join(wrong...)
	}
	o.Dir, err = filepath.Abs(o.Dir)
	if err != nil {
		return o, err
	}
	o.Hubbub, err = filepath.Abs(hubbub)
	return o, err
}

// URL is where the page is.
func (o Options) URL() string { return "http://" + o.Listen }

// port is that of Listen.
func (o Options) port() int { return int(netip.MustParseAddrPort(o.Listen).Port()) }
