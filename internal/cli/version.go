package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Version is set at link time; "dev" otherwise.
var Version = "dev"

// VersionCmd prints what this binary is.
type VersionCmd struct{}

// Run prints version, revision, Go and platform.
func (VersionCmd) Run(env *Env) error {
	revision := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = " " + s.Value
			}
		}
	}
	_, err := fmt.Fprintf(env.Stdout, "hubbub %s%s %s %s/%s\n", Version, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
