// Package deployment is hubbub in all its roles on all engines, in one folder of one
// machine: which processes there are, on which ports, and what they are started with.
package deployment

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/hubbub-live/hubbub/cluster"
	"github.com/hubbub-live/hubbub/cluster/loopback"
	"github.com/hubbub-live/hubbub/cluster/supervisor"
)

// A Deployment is prepared and not started.
type Deployment struct {
	Options
	Engines Engines
	Shared  string             // host:port of all chat servers together, among whom the kernel chooses; nginx is not in the way
	Stages  []supervisor.Stage // the engines; the roles, after migrate; nginx and Prometheus
}

// Prepare installs what is missing, and prepares all in the folder: it makes what is
// not there and keeps what is. Options have to be as Check returns them, and nobody else
// may be at work in the folder.
func Prepare(ctx context.Context, o Options, log *slog.Logger) (*Deployment, error) {
	if err := loopback.IsFree(o.port()); err != nil {
		return nil, fmt.Errorf("--listen %s: %w", o.Listen, err)
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	ports, err := openPorts(filepath.Join(o.Dir, "ports.json"), log)
	if err != nil {
		return nil, err
	}
	d := &Deployment{Options: o}
	if d.Engines, err = prepareEngines(ctx, o, ports); err != nil {
		return nil, err
	}
	key, err := secret(filepath.Join(o.Dir, "jwt-secret"))
	if err != nil {
		return nil, err
	}
	shared, err := ports.of("chat, shared", 1)
	if err != nil {
		return nil, err
	}
	d.Shared = loopback.Address(shared[0])
	hubbub := program{options: o, engines: d.Engines.Flags(), secret: key, shared: d.Shared}
	roles, targets, err := hubbub.roles(ports)
	if err != nil {
		return nil, err
	}
	front, err := prepareFront(ctx, o, targets, ports)
	if err != nil {
		return nil, err
	}
	d.Stages = []supervisor.Stage{
		{Processes: d.Engines.Processes()},
		{Errand: hubbub.migrate(), Processes: roles},
		{Processes: append(hubbub.onFlink(d.Engines.Flink), front...)},
	}
	return d, ports.save()
}

// roles are the processes of all roles, and where Prometheus reads them.
func (p program) roles(ports *ports) ([]*cluster.Process, []cluster.ScrapeTarget, error) {
	var processes []*cluster.Process
	var targets []cluster.ScrapeTarget
	for _, role := range p.options.roles() {
		names := role.processes()
		list, err := ports.of(role.name, len(names))
		if err != nil {
			return nil, nil, err
		}
		for i, name := range names {
			processes = append(processes, p.serve(name, role.name, list[i]))
			targets = append(targets, cluster.ScrapeTarget{Name: name, Role: role.name, Port: list[i]})
		}
	}
	return processes, targets, nil
}

// prepareFront prepares what stands before the roles: nginx, and Prometheus.
func prepareFront(ctx context.Context, o Options, roles []cluster.ScrapeTarget, ports *ports) ([]*cluster.Process, error) {
	front := cluster.Front{Port: o.port()}
	for _, t := range roles {
		switch t.Role {
		case "chat":
			front.Chat = append(front.Chat, t.Port)
		case "user":
			front.User = t.Port
		}
	}
	nginx, err := cluster.NewNginx(ctx, filepath.Join(o.Dir, "nginx"), front)
	if err != nil {
		return nil, err
	}
	own, err := ports.of("prometheus", 1)
	if err != nil {
		return nil, err
	}
	prometheus, err := preparePrometheus(ctx, filepath.Join(o.Dir, "prometheus"), own[0], roles)
	if err != nil {
		return nil, err
	}
	return []*cluster.Process{nginx, prometheus}, nil
}

func preparePrometheus(ctx context.Context, dir string, port int, roles []cluster.ScrapeTarget) (*cluster.Process, error) {
	bin, err := cluster.InstallPrometheus(ctx)
	if err != nil {
		return nil, err
	}
	text, err := cluster.PrometheusConfig(roles, port)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := cluster.WriteFile(filepath.Join(dir, "prometheus.yml"), text); err != nil {
		return nil, err
	}
	return cluster.Prometheus(bin, dir, port), nil
}
