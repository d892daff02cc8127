package cluster

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// What engines are configured with, a folder each.
//
//go:embed conf
var configurations embed.FS

// configure writes an engine's files into a folder; more is added to the end of those
// that it names.
func configure(engine, dir string, more map[string]string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	files, err := configurations.ReadDir("conf/" + engine)
	if err != nil {
		return err
	}
	for _, f := range files {
		text, err := configurations.ReadFile("conf/" + engine + "/" + f.Name())
		if err != nil {
			return err
		}
		text = append(text, more[f.Name()]...)
		if err := os.WriteFile(filepath.Join(dir, f.Name()), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// A jdk is a Java 17, the newest that all engines run on.
type jdk struct {
	java string // the binary
	name string // short, and of just this build
}

// findJDK takes the first 17 of $JAVA_HOME, the path and where Debian has them.
func findJDK(ctx context.Context) (jdk, error) {
	candidates, err := filepath.Glob("/usr/lib/jvm/*/bin/java")
	if err != nil {
		return jdk{}, err
	}
	if onPath, err := exec.LookPath("java"); err == nil {
		candidates = slices.Insert(candidates, 0, onPath)
	}
	if home := os.Getenv("JAVA_HOME"); home != "" {
		candidates = slices.Insert(candidates, 0, filepath.Join(home, "bin/java"))
	}
	for _, java := range candidates {
		version, err := command(ctx, "", java, "--version")
		if _, number, ok := strings.Cut(version, " "); err == nil && ok && strings.HasPrefix(number, "17.") {
			sum := sha256.Sum256([]byte(version))
			return jdk{java: java, name: "jdk17-" + hex.EncodeToString(sum[:6])}, nil
		}
	}
	return jdk{}, fmt.Errorf("there is no Java 17 among %q; apt-get install openjdk-17-jdk-headless", candidates)
}

// classPath lists the jars of a folder, sorted: an archive of classes fits the very
// same list alone.
func classPath(dir string) (string, error) {
	jars, err := filepath.Glob(filepath.Join(dir, "*.jar")) // sorted
	if err == nil && len(jars) == 0 {
		err = fmt.Errorf("there are no jars in %s", dir)
	}
	return strings.Join(jars, ":"), err
}
