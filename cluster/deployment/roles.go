package deployment

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/hubbub-live/hubbub/cluster"
	"github.com/hubbub-live/hubbub/cluster/loopback"
)

// A role is what some processes of hubbub do.
type role struct {
	name  string // as in hubbub serve --roles
	count int    // 0: it is one process, and its name bears no number
}

// roles are all that make a whole.
func (o Options) roles() []role {
	return []role{{"chat", o.Chat}, {"user", 0}, {"relay", o.Relay}, {"archive", 0}, {"analysis", 0}, {"summary", 0}}
}

// processes are the names of those that have the role: chat-1, chat-2.
func (r role) processes() []string {
	if r.count == 0 {
		return []string{r.name}
	}
	var list []string
	for i := range r.count {
		list = append(list, fmt.Sprintf("%s-%d", r.name, i+1))
	}
	return list
}

// A program is hubbub with what all its processes are started with.
type program struct {
	options Options
	engines []string // flags
	secret  string
	shared  string // where the chat servers listen together
}

// farewell is more than hubbub takes to end, with all its clients.
const farewell = 40 * time.Second

// serve is a process of a role. It is ready when it says so itself.
func (p program) serve(name, role string, port int) *cluster.Process {
	s := p.spec(name, append([]string{"serve", "--listen", loopback.Address(port), "--roles", role}, p.flags()...))
	s.Args = append(s.Args, "--member", name, "--trusted-proxies", "127.0.0.1", "--public-url", p.options.URL())
	s.Ports, s.Grace = []int{port}, farewell
	switch role {
	case "chat":
		s.Args = append(s.Args, "--shared-listen", p.shared)
	case "archive", "analysis", "summary":
		s.Nice = cluster.Unhurried
	}
	if p.options.TaskManagers > 0 {
		s.Args = append(s.Args, "--analysis-by", "flink")
	}
	s.Ready = func(ctx context.Context) error {
		return cluster.Answers(ctx, "http://"+loopback.Address(port)+"/readyz")
	}
	return cluster.New(s)
}

// onFlink is what sees that the analysis runs on Flink, on all its slots, and goes on from its
// newest checkpoint after everything was stopped. Where there is no Flink it is nothing.
func (p program) onFlink(flink *cluster.Flink) []*cluster.Process {
	if flink == nil {
		return nil
	}
	args := []string{
		"flink", "submit", "--watch", "--flink", flink.REST(), "--parallelism", strconv.Itoa(p.options.TaskManagers),
		"--checkpoints", filepath.Join(p.options.Dir, "flink", "checkpoints"),
	}
	s := p.spec("flink-job", append(args, p.flags()...))
	s.Nice = cluster.Unhurried
	return []*cluster.Process{cluster.New(s)}
}

// migrate is the errand that makes topics and tables, or checks them.
func (p program) migrate() *cluster.Process {
	return cluster.New(p.spec("migrate", append([]string{"migrate"}, p.flags()...)))
}

func (p program) spec(name string, args []string) cluster.Spec {
	return cluster.Spec{
		Name: name, Dir: filepath.Join(p.options.Dir, name), Path: p.options.Hubbub, Args: args,
		Env: []string{"HUBBUB_JWT_SECRET=" + p.secret},
	}
}

// flags are those of every command.
func (p program) flags() []string {
	if p.options.Prefix == "" {
		return p.engines
	}
	return append(append([]string{}, p.engines...), "--prefix", p.options.Prefix)
}
