package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// resolvers are where flags get values that neither the arguments nor the
// environment have. Of those that have one kong takes the last.
func resolvers(args []string, getenv func(string) string) ([]kong.Resolver, error) {
	secrets := kong.ResolverFunc(secretFile)
	path, err := configFile(args, getenv)
	if err != nil || path == "" {
		return []kong.Resolver{secrets}, err
	}
	file, err := yamlFile(path)
	return []kong.Resolver{file, secrets}, err
}

// configFile finds --config before parsing, since the file takes part in it.
func configFile(args []string, getenv func(string) string) (string, error) {
	for i, arg := range args {
		switch {
		case arg == "--":
			return getenv("HUBBUB_CONFIG"), nil
		case strings.HasPrefix(arg, "--config="):
			return strings.TrimPrefix(arg, "--config="), nil
		case arg == "--config":
			if i+1 == len(args) {
				return "", errors.New("--config needs a file")
			}
			return args[i+1], nil
		}
	}
	return getenv("HUBBUB_CONFIG"), nil
}

// A yamlResolver gives flags the values of a file.
type yamlResolver struct {
	path   string
	values map[string]yaml.Node
}

func yamlFile(path string) (kong.Resolver, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the configuration: %w", err)
	}
	defer func() { _ = f.Close() }()
	r := &yamlResolver{path: path}
	if err := yaml.NewDecoder(f).Decode(&r.values); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the configuration %s: %w", path, err)
	}
	return r, nil
}

// Validate refuses keys that are no flag of any command.
func (r *yamlResolver) Validate(app *kong.Application) error {
	known := map[string]bool{}
	var walk func(*kong.Node)
	walk = func(n *kong.Node) {
		for _, flag := range n.Flags {
			known[flag.Name] = flag.Name != "config" && flag.Name != "help"
		}
		for _, child := range n.Children {
			walk(child)
		}
	}
	walk(app.Node)
	var unknown []string
	for key := range r.values {
		if !known[key] {
			unknown = append(unknown, key)
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return fmt.Errorf("%s: unknown keys: %s", r.path, strings.Join(unknown, ", "))
	}
	return nil
}

// Resolve returns a flag's value as it would stand on the command line.
func (r *yamlResolver) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	node, ok := r.values[flag.Name]
	if !ok || node.ShortTag() == "!!null" || inEnvironment(flag) {
		return nil, nil
	}
	switch node.Kind {
	case yaml.ScalarNode: // as it is written: 0123 may be a password
		return node.Value, nil
	case yaml.SequenceNode:
		var words []string
		if err := node.Decode(&words); err != nil {
			return nil, fmt.Errorf("%s: %w", r.path, err)
		}
		return kong.JoinEscaped(words, ','), nil
	}
	return nil, fmt.Errorf("%s:%d: it has to be a value or a list of values", r.path, node.Line)
}

func inEnvironment(flag *kong.Flag) bool {
	for _, name := range flag.Envs {
		if _, ok := os.LookupEnv(name); ok {
			return true
		}
	}
	return false
}

// secretFile reads the file that HUBBUB_X_Y_FILE names, for flags tagged secret.
func secretFile(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if !flag.Tag.Has("secret") || inEnvironment(flag) {
		return nil, nil
	}
	for _, name := range flag.Envs {
		path, ok := os.LookupEnv(name + "_FILE")
		if !ok {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read %s_FILE: %w", name, err)
		}
		return strings.TrimRight(string(text), "\r\n"), nil
	}
	return nil, nil
}
