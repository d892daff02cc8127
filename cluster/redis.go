package cluster

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/hubbub-live/hubbub/cluster/loopback"
)

// Redis is a master and its replicas, without persistence: what is in it may be lost.
type Redis struct {
	Master   *RedisServer
	Replicas []*RedisServer
}

// A RedisServer is one of them.
type RedisServer struct {
	*Process
	port int
}

// Address is the server's host:port.
func (s *RedisServer) Address() string { return loopback.Address(s.port) }

// StartRedis installs Redis if need be, starts a master and so many replicas in folders
// below dir, and waits until the replicas have what the master has.
func StartRedis(ctx context.Context, dir string, replicas int) (*Redis, error) {
	ports, err := loopback.FreePorts(1 + replicas)
	if err != nil {
		return nil, err
	}
	r, err := NewRedisOn(ctx, dir, ports)
	if err != nil {
		return nil, err
	}
	return r, r.start(ctx)
}

// NewRedisOn is StartRedis on given ports, the master's first, but for the start.
func NewRedisOn(ctx context.Context, dir string, ports []int) (*Redis, error) {
	binary, env, err := InstallRedis(ctx)
	if err != nil {
		return nil, err
	}
	server := func(name string, port int, more ...string) *RedisServer {
		return &RedisServer{port: port, Process: New(Spec{
			Name: name, Dir: filepath.Join(dir, name), Path: binary, Env: env, Ports: []int{port},
			Args: append([]string{
				"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--daemonize", "no", "--save", "", "--appendonly", "no",
				"--repl-diskless-sync-delay", "0", "--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru",
			}, more...),
			Ready: func(ctx context.Context) error { return redisIsReady(ctx, port) },
		})}
	}
	r := &Redis{Master: server("redis-master", ports[0])}
	for i, port := range ports[1:] {
		s := server(fmt.Sprintf("redis-replica-%d", i+1), port, "--replicaof", "127.0.0.1 "+strconv.Itoa(ports[0]))
		r.Replicas = append(r.Replicas, s)
	}
	return r, nil
}

// start starts the master, then all replicas. If one fails, none runs.
func (r *Redis) start(ctx context.Context) error {
	if err := r.Master.Start(ctx); err != nil {
		return err
	}
	all, ctx := errgroup.WithContext(ctx)
	for _, s := range r.Replicas {
		all.Go(func() error { return s.Start(ctx) })
	}
	if err := all.Wait(); err != nil {
		return errors.Join(err, r.Kill())
	}
	return nil
}

// Processes are the master and its replicas.
func (r *Redis) Processes() []*Process {
	list := []*Process{r.Master.Process}
	for _, s := range r.Replicas {
		list = append(list, s.Process)
	}
	return list
}

// Kill ends all of them with SIGKILL.
func (r *Redis) Kill() error {
	var failed error
	for _, p := range r.Processes() {
		failed = errors.Join(failed, p.Kill())
	}
	return failed
}

// redisIsReady asks a server how it stands: a master is ready at once, a replica once
// it has what its master has.
func redisIsReady(ctx context.Context, port int) error {
	line, err := redisAsk(ctx, port, "INFO replication", func(line string) bool {
		return line == "role:master" || strings.HasPrefix(line, "master_link_status:") || strings.HasPrefix(line, "-")
	})
	if err == nil && line != "role:master" && line != "master_link_status:up" {
		err = errors.New(line)
	}
	return err
}

// redisAsk sends a command and returns the first line of the answer that is the one.
func redisAsk(ctx context.Context, port int, command string, is func(line string) bool) (string, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", loopback.Address(port))
	if err != nil {
		return "", err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	if _, err := c.Write([]byte(command + "\r\n")); err != nil {
		return "", err
	}
	answer := bufio.NewScanner(c)
	for answer.Scan() {
		if line := strings.TrimSpace(answer.Text()); is(line) {
			return line, nil
		}
	}
	return "", errors.Join(fmt.Errorf("the server did not answer %s", command), answer.Err())
}
