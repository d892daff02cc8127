package cli

import (
	"bytes"
	"fmt"
	"reflect"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"

	"github.com/hubbub-live/hubbub/internal/app"
)

// ConfigCmd shows and checks with what the server would be started.
type ConfigCmd struct {
	Print ConfigPrintCmd `cmd:"" help:"Print what serve would take from flags, environment, files and defaults, as YAML; secrets are left out."`
	Check ConfigCheckCmd `cmd:"" help:"Say whether serve would take it; status 2 if not."`
}

// ConfigPrintCmd prints the configuration, in the form of a configuration file.
type ConfigPrintCmd struct{ app.Options }

// Run prints it.
func (c *ConfigPrintCmd) Run(env *Env, command *kong.Context) error {
	document := yaml.Node{Kind: yaml.MappingNode}
	var text bytes.Buffer
	for _, flag := range command.Selected().Flags {
		key := yaml.Node{Kind: yaml.ScalarNode, Value: flag.Name, HeadComment: flag.Help}
		if flag.Tag.Has("secret") {
			if !flag.Target.IsZero() {
				fmt.Fprintf(&text, "# %s is set, and not shown.\n", flag.Name)
			}
			continue
		}
		value, err := plain(flag.Target)
		if err != nil {
			return fmt.Errorf("print %s: %w", flag.Name, err)
		}
		document.Content = append(document.Content, &key, value)
	}
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := encoder.Encode(&document); err != nil {
		return fmt.Errorf("print the configuration: %w", err)
	}
	_, err := env.Stdout.Write(text.Bytes())
	return err
}

// plain is a flag's value as a configuration file has it.
func plain(v reflect.Value) (*yaml.Node, error) {
	value := v.Interface()
	if s, ok := value.(fmt.Stringer); ok { // a duration
		value = s.String()
	}
	if value == "" { // not a path to nowhere
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}, nil
	}
	node := &yaml.Node{}
	if err := node.Encode(value); err != nil {
		return nil, err
	}
	node.Style |= yaml.FlowStyle
	return node, nil
}

// ConfigCheckCmd parses the configuration, which is what checks it.
type ConfigCheckCmd struct{ app.Options }

// Run says that all is well.
func (c *ConfigCheckCmd) Run(env *Env) error {
	_, err := fmt.Fprintln(env.Stdout, "the configuration is good")
	return err
}
