package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/hubbub-live/hubbub/cluster/loopback"
)

// A flinkProgram is what is installed.
type flinkProgram struct {
	jdk       jdk
	classes   string // the class path
	archives  string // the folder of archives of classes, which make starts shorter
	archiving string // the option of java before one: to use it, or to make it
}

// A flinkPart is what a process of Flink can be.
type flinkPart struct {
	main    string
	archive string
	memory  []string
}

var (
	flinkJobManager = flinkPart{
		main:    "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
		archive: "jobmanager.jsa",
		memory:  []string{"-Xms128m", "-Xmx320m", "-XX:MaxMetaspaceSize=192m", "-XX:MaxDirectMemorySize=96m"},
	}
	// The sums of what conf/flink/config.yaml says.
	flinkTaskManager = flinkPart{
		main:    "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
		archive: "taskmanager.jsa",
		memory:  []string{"-Xms96m", "-Xmx192m", "-XX:MaxMetaspaceSize=128m", "-XX:MaxDirectMemorySize=128m"},
	}
)

// prepare makes the folders of all processes, and those of what outlives them.
func (f flinkProgram) prepare(dir string, o FlinkOptions) (*Flink, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	checkpoints, savepoints := filepath.Join(dir, "checkpoints"), filepath.Join(dir, "savepoints")
	if err := errors.Join(writable(checkpoints), writable(savepoints)); err != nil {
		return nil, err
	}
	config := fmt.Sprintf(`rest.port: %d
jobmanager.rpc.port: %d
execution.checkpointing.dir: %q
execution.checkpointing.savepoint-dir: %q
`, o.Ports[0], o.Ports[1], "file://"+checkpoints, "file://"+savepoints)
	cluster := &Flink{}
	if cluster.jobManager, err = f.process(flinkJobManager, filepath.Join(dir, "jobmanager"), config); err != nil {
		return nil, err
	}
	cluster.jobManager.Ports = o.Ports
	cluster.jobManager.Ready = func(ctx context.Context) error { return Answers(ctx, cluster.REST()+"/overview") }
	for i := range o.TaskManagers {
		id := fmt.Sprintf("tm-%d", i+1)
		tm, err := f.process(flinkTaskManager, filepath.Join(dir, id), config+"taskmanager.resource-id: "+id+"\n")
		if err != nil {
			return nil, err
		}
		tm.Ready = func(ctx context.Context) error { return cluster.registered(ctx, id) }
		cluster.taskManagers = append(cluster.taskManagers, tm)
	}
	return cluster, nil
}

// writable makes a folder if it is missing; the error says if nothing can be kept there.
func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "try-")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// process prepares one in a folder of its own.
func (f flinkProgram) process(part flinkPart, dir, config string) (*Process, error) {
	if err := configure("flink", dir, map[string]string{"config.yaml": config}); err != nil {
		return nil, err
	}
	name := filepath.Base(dir)
	args := append([]string{"@jvm.options", "-Dlog.file=./" + name + ".log"}, part.memory...) // for the page to show
	args = append(args, f.archiving+filepath.Join(f.archives, part.archive))
	args = append(args, "-cp", f.classes, part.main, "--configDir", ".")
	path, args := withEmptyTemp(f.jdk.java, args)
	return New(Spec{
		Name: name, Dir: dir, Path: path, Args: args, Nice: Unhurried,
		Env: []string{"LC_ALL=C.UTF-8"}, // for names of files
	}), nil
}

// withEmptyTemp makes a command of one that finds an empty folder tmp where it works: one
// that was killed left there what it had unpacked, 20 MB each time.
func withEmptyTemp(path string, args []string) (string, []string) {
	return "/bin/sh", append([]string{"-c", `rm -rf tmp && mkdir tmp && exec "$0" "$@"`, path}, args...)
}

// installFlink installs the jars, and archives of the classes that its processes load.
func installFlink(ctx context.Context) (flinkProgram, error) {
	jdk, err := findJDK(ctx)
	if err != nil {
		return flinkProgram{}, fmt.Errorf("install flink: %w", err)
	}
	jars, err := installJars(ctx, "flink")
	if err != nil {
		return flinkProgram{}, err
	}
	classes, err := classPath(jars)
	if err != nil {
		return flinkProgram{}, fmt.Errorf("install flink: %w", err)
	}
	program := flinkProgram{jdk: jdk, classes: classes, archiving: "-XX:SharedArchiveFile="}
	program.archives, err = install(ctx, filepath.Base(jars)+"-classes-"+jdk.name, program.archiveClasses)
	return program, err
}

// archiveClasses has a JobManager and a TaskManager write the classes that they loaded
// into a folder.
func (f flinkProgram) archiveClasses(ctx context.Context, dir string) error {
	work, err := os.MkdirTemp("", "hubbub-flink-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	ports, err := loopback.FreePorts(FlinkPorts)
	if err != nil {
		return err
	}
	f.archives, f.archiving = dir, "-XX:ArchiveClassesAtExit="
	one, err := f.prepare(work, FlinkOptions{TaskManagers: 1, Ports: ports})
	if err != nil {
		return err
	}
	for _, p := range one.Processes() {
		p.Grace = usualPatience
	}
	if err := one.Start(ctx); err != nil {
		return err
	}
	// The TaskManager first, which says good-bye.
	for _, p := range slices.Backward(one.Processes()) {
		if err := p.Stop(ctx); err != nil {
			return errors.Join(err, one.Kill())
		}
	}
	for _, part := range []flinkPart{flinkJobManager, flinkTaskManager} {
		if _, err := os.Stat(filepath.Join(dir, part.archive)); err != nil {
			return fmt.Errorf("archive the classes of flink: %w\n%s\n%s", err, one.jobManager.Log(), one.TaskManager(1).Log())
		}
	}
	return nil
}
