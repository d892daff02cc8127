// Package loopback hands out ports of this machine to servers under test.
package loopback

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync/atomic"
)

// Ports come from below those that the system gives to clients. Else a client that
// tries again while a server is down could get the server's port, and even be
// connected to itself.
const (
	first = 15000
	all   = 17700
)

// handedOut counts the calls of FreePort; offset is anywhere, so that two
// processes rarely meet.
var (
	handedOut atomic.Uint32
	offset    = rand.Uint32N(all)
)

// FreePort returns a port of loopback that nobody listens on and that no other call
// in this process got: the server it is for may not have started yet, or be down in
// between. It fails when there is none left.
func FreePort() (int, error) {
	for {
		n := handedOut.Add(1)
		if n > all {
			return 0, errors.New("find a free port: all have been handed out")
		}
		port := first + int((offset+n)%all)
		if IsFree(port) == nil {
			return port, nil
		}
	}
}

// FreePorts returns n ports, see FreePort.
func FreePorts(n int) ([]int, error) {
	list := make([]int, n)
	for i := range list {
		port, err := FreePort()
		if err != nil {
			return nil, err
		}
		list[i] = port
	}
	return list, nil
}

// Address is a port of loopback as host:port.
func Address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// IsFree returns an error that names the port if somebody listens on it.
func IsFree(port int) error {
	l, err := net.Listen("tcp", Address(port)) //nolint:noctx // it never waits
	if err != nil {
		return fmt.Errorf("port %d is in use: %w", port, err)
	}
	return l.Close()
}
