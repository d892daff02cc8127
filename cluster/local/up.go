package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/hubbub-live/hubbub/cluster/deployment"
)

// logName is the log of the process that runs a cluster, in its folder.
const logName = "cluster.log"

// up starts a cluster in the background and waits until it is ready. If there is one
// in the folder it waits for that one.
func up(ctx context.Context, o deployment.Options, stdout io.Writer) error {
	if pid, err := holder(o.Dir); pid != 0 || err != nil {
		if err != nil {
			return err
		}
		return awaitOther(ctx, o.Dir, stdout)
	}
	o, err := o.Check()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return err
	}
	if err := start(ctx, o, stdout); err != nil {
		return fmt.Errorf("the cluster is not up, and nothing of it runs: %w", err)
	}
	return say(o.Dir, stdout, "the cluster is up")
}

// say prints where the cluster in a folder is.
func say(dir string, stdout io.Writer, what string) error {
	s, err := readState(dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s: %s\nlogs: %s, and one below %s for each process\n",
		what, s.URL, filepath.Join(dir, logName), dir)
	return nil
}

// start starts run in the background and returns when that is ready or has ended.
func start(ctx context.Context, o deployment.Options, stdout io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(o.Dir, logName), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // run has its own
	near, far, err := socketPair()
	if err != nil {
		return err
	}
	defer func() { _ = near.Close() }()
	c := exec.CommandContext(context.WithoutCancel(ctx), self, "run", "--report-to=3", // the first of ExtraFiles
		"--dir="+o.Dir, "--listen="+o.Listen, "--hubbub="+o.Hubbub, "--prefix="+o.Prefix,
		"--chat="+strconv.Itoa(o.Chat), "--relay="+strconv.Itoa(o.Relay), "--task-managers="+strconv.Itoa(o.TaskManagers))
	c.Dir, c.Stdout, c.Stderr = o.Dir, log, log
	c.ExtraFiles = []*os.File{far}
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // it outlives the terminal
	err = c.Start()
	_ = far.Close() // run has its own
	if err != nil {
		return err
	}
	// Whoever does not want it any more is told when all has ended again.
	defer context.AfterFunc(ctx, func() { _ = near.CloseWrite() })()
	if err := listen(near, stdout); err != nil {
		_ = c.Wait() // for all to have ended; how is in the error
		return errors.Join(context.Cause(ctx), err)
	}
	return c.Process.Release()
}

// listen prints what run reports, and returns nil when it is ready.
func listen(r io.Reader, stdout io.Writer) error {
	reports := json.NewDecoder(r)
	for {
		var next report
		if err := reports.Decode(&next); err != nil {
			return fmt.Errorf("it ended without a word: %w", err)
		}
		switch {
		case next.Ready:
			return nil
		case next.Failed != "":
			return errors.New(next.Failed)
		}
		fmt.Fprintln(stdout, next.Line)
	}
}

// socketPair is two ends of a connection: one to use here, one to be given away.
func socketPair() (*net.UnixConn, *os.File, error) {
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	near, far := os.NewFile(uintptr(ends[0]), "near"), os.NewFile(uintptr(ends[1]), "far")
	defer func() { _ = near.Close() }() // FileConn has its own
	conn, err := net.FileConn(near)
	if err != nil {
		return nil, nil, errors.Join(err, far.Close())
	}
	unix, ok := conn.(*net.UnixConn)
	if !ok {
		return nil, nil, errors.Join(errors.New("a socket of the system is none"), conn.Close(), far.Close())
	}
	return unix, far, nil
}

// lookEvery is how often a cluster of another process is looked at.
const lookEvery = 50 * time.Millisecond

// awaitOther waits until the cluster that another process runs is ready.
func awaitOther(ctx context.Context, dir string, stdout io.Writer) error {
	again := time.NewTicker(lookEvery)
	defer again.Stop()
	for {
		pid, err := holder(dir)
		if err != nil {
			return err
		}
		if pid == 0 {
			return fmt.Errorf("another process was starting the cluster, and ended; see %s", filepath.Join(dir, logName))
		}
		// At first there is no state, or an older one's.
		if s, err := readState(dir); err == nil && s.Pid == pid && s.Ready {
			return say(dir, stdout, "the cluster is up already")
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
