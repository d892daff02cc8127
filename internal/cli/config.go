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

// yamlResolver gives flags the values of a file, below the environment.
type yamlResolver struct {
	file   string
	values map[string]any
}

func yamlFile(path string) (kong.Resolver, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the configuration: %w", err)
	}
	defer f.Close()
	r := &yamlResolver{file: path, values: map[string]any{}}
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
			known[flag.Name] = true
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
		return fmt.Errorf("%s: unknown keys: %s", r.file, strings.Join(unknown, ", "))
	}
	return nil
}

func (r *yamlResolver) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	value, ok := r.values[flag.Name]
	if !ok || inEnvironment(flag) {
		return nil, nil
	}
	if list, ok := value.([]any); ok {
		words := make([]string, len(list))
		for i, v := range list {
			words[i] = fmt.Sprint(v)
		}
		return strings.Join(words, ","), nil
	}
	return fmt.Sprint(value), nil
}

func inEnvironment(flag *kong.Flag) bool {
	for _, name := range flag.Envs {
		if _, ok := os.LookupEnv(name); ok {
			return true
		}
	}
	return false
}

// secretFiles reads HUBBUB_X_Y_FILE for flags tagged secret.
func secretFiles() kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
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
	})
}
