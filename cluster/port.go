package cluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync/atomic"
)

// Ports come from below those that the system gives to clients. Else a client that
// tries again while an engine is down could get the engine's port, and even be
// connected to itself. Servers of the end-to-end tests get theirs from below these.
const (
	firstPort = 30000
	ports     = 2700
)

// handedOut counts the calls of FreePort; portOffset is anywhere, so that two
// processes rarely meet.
var (
	handedOut  atomic.Uint32
	portOffset = rand.Uint32N(ports)
)

// FreePort returns a port of loopback that nobody listens on and that no other call
// in this process got: the engine it is for may not have started yet, or be down in
// between. It fails when there is none left.
func FreePort() (int, error) {
	for {
		n := handedOut.Add(1)
		if n > ports {
			return 0, errors.New("find a free port: all have been handed out")
		}
		port := firstPort + int((portOffset+n)%ports)
		if portIsFree(port) == nil {
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

func portIsFree(port int) error {
	l, err := net.Listen("tcp", Address(port))
	if err != nil {
		return fmt.Errorf("port %d is in use: %w", port, err)
	}
	return l.Close()
}

// dialAll returns nil when each port accepts a connection.
func dialAll(ctx context.Context, list []int) error {
	var d net.Dialer
	for _, port := range list {
		c, err := d.DialContext(ctx, "tcp", Address(port))
		if err != nil {
			return err
		}
		c.Close()
	}
	return nil
}
