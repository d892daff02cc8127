// Package cli is the command line of hubbub: one file per subcommand with its
// help, flags and body. It reads arguments and environment, and prints; what a
// command does is done by the packages below. Signals and exit are cmd/hubbub's.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/alecthomas/kong"
)

// Env is what a command may touch of the world.
type Env struct {
	Context context.Context // ends on SIGINT and SIGTERM
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Getenv  func(string) string
}

// CLI is every command. Flags are --x-y, HUBBUB_X_Y or x-y in a YAML file.
type CLI struct {
	Config string `help:"YAML file with flags, x-y: value; those of other commands are passed over." placeholder:"FILE" type:"path"`

	Serve   ServeCmd   `cmd:"" help:"Run the chat: all of it, or some roles."`
	Lab     LabCmd     `cmd:"" help:"The load lab: run, report and compare load tests."`
	Token   TokenCmd   `cmd:"" help:"Mint access tokens."`
	User    UserCmd    `cmd:"" help:"Make accounts, list them, set their roles and passwords; also while the server runs."`
	Stream  StreamCmd  `cmd:"" help:"Create, end and list streams, also while the server runs."`
	Export  ExportCmd  `cmd:"" help:"Write accounts, streams and messages to a file."`
	Import  ImportCmd  `cmd:"" help:"Make a data folder of such a file, or fill a cluster."`
	Backup  BackupCmd  `cmd:"" help:"Copy the data folder, also while the server runs."`
	Migrate MigrateCmd `cmd:"" help:"Make the topics, keyspace and database of a cluster, or bring them up to date."`
	Shown   ConfigCmd  `cmd:"" name:"config" help:"Print or check the configuration of serve."`
	Flink   FlinkCmd   `cmd:"" help:"The analysis as a job of a Flink cluster: submit, status, savepoint, rescale, cancel."`
	Host    HostCmd    `cmd:"" hidden:"" help:"The analysis, for an engine that started it: speaks the host protocol on stdin and stdout."`
	Version VersionCmd `cmd:"" help:"Print the version."`
}

// An ExitError ends the program with a status and, unless Err is nil, a line.
type ExitError struct {
	Status int
	Err    error
}

func (e *ExitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit status %d", e.Status)
	}
	return e.Err.Error()
}

func (e *ExitError) Unwrap() error { return e.Err }

// Run parses args, runs the command and returns the exit status.
func Run(env *Env, args []string) int {
	command, err := new(CLI).parse(env, args)
	switch {
	case err != nil:
		return exitStatus(env, &ExitError{Status: 2, Err: err})
	case command == nil:
		return 0
	}
	return exitStatus(env, command.Run(env))
}

// parse fills c and returns the command to run, or nil if help was asked for and
// given.
func (c *CLI) parse(env *Env, args []string) (*kong.Context, error) {
	resolvers, err := resolvers(args, env.Getenv)
	if err != nil {
		return nil, err
	}
	helped := false
	parser, err := kong.New(c,
		kong.Name("hubbub"),
		kong.Description("Live-stream chat that reads the room."),
		kong.DefaultEnvars("HUBBUB"),
		kong.Writers(env.Stdout, env.Stderr),
		kong.Exit(func(int) { helped = true }),
		kong.WithHyphenPrefixedParameters(true),
		kong.Resolvers(resolvers...),
	)
	if err != nil {
		return nil, err
	}
	command, err := parser.Parse(args)
	if helped { // whatever else is wrong
		return nil, nil
	}
	return command, err
}

func exitStatus(env *Env, err error) int {
	if err == nil {
		return 0
	}
	status := 1
	var exit *ExitError
	if errors.As(err, &exit) {
		status = exit.Status
		if exit.Err == nil {
			return status
		}
	}
	fmt.Fprintln(env.Stderr, "hubbub:", err)
	return status
}
