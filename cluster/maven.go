package cluster

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// For each engine from Maven, its pinned dependencies and the checksums of all jars
// that they bring, as sha256sum prints them.
//
//go:embed maven
var pins embed.FS

// pinned returns an engine's files, and a short name for just these pins.
func pinned(engine string) (pom, sums []byte, name string, err error) {
	if pom, err = pins.ReadFile("maven/" + engine + "/pom.xml"); err != nil {
		return nil, nil, "", err
	}
	if sums, err = pins.ReadFile("maven/" + engine + "/SHA256SUMS"); err != nil {
		return nil, nil, "", err
	}
	all := sha256.Sum256(append(bytes.Clone(pom), sums...))
	return pom, sums, engine + "-" + hex.EncodeToString(all[:6]), nil
}

// installJars returns the folder with the jars of an engine.
func installJars(ctx context.Context, engine string) (string, error) {
	pom, sums, name, err := pinned(engine)
	if err != nil {
		return "", err
	}
	return install(ctx, name, func(ctx context.Context, dir string) error { return fillJars(ctx, dir, pom, sums) })
}

func fillJars(ctx context.Context, dir string, pom, sums []byte) error {
	work, err := os.MkdirTemp("", "hubbub-pom-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	if err := os.WriteFile(filepath.Join(work, "pom.xml"), pom, 0o600); err != nil {
		return err
	}
	if _, err := command(ctx, work, "mvn", "-B", "-q", "dependency:copy-dependencies",
		"-DincludeScope=runtime", "-DoutputDirectory="+dir); err != nil {
		return err
	}
	return checkSums(dir, sums)
}

// checkSums fails unless the folder has the files of a list and no others, each with
// its checksum.
func checkSums(dir string, list []byte) error {
	want := make(map[string]string)
	for line := range strings.Lines(string(list)) {
		sum, file, ok := strings.Cut(strings.TrimSpace(line), "  ")
		if !ok {
			return fmt.Errorf("no checksum and file in %q", line)
		}
		want[file] = sum
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		content, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			return err
		}
		if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != want[f.Name()] {
			return fmt.Errorf("%s has checksum %x, want %q", f.Name(), sum, want[f.Name()])
		}
		delete(want, f.Name())
	}
	for file := range want {
		return fmt.Errorf("%s is missing", file)
	}
	return nil
}
