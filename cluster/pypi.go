package cluster

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// For each project of PyPI of which a source distribution is taken, its version and
// checksum, as pip reads them.
//
//go:embed pypi
var sdists embed.FS

// installSdist returns the folder with what unpack takes out of the source distribution
// of a project.
func installSdist(ctx context.Context, project string, unpack func(ctx context.Context, archive, dir string) error) (string, error) {
	pin, err := sdists.ReadFile("pypi/" + project + ".txt")
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(pin)
	return install(ctx, project+"-"+hex.EncodeToString(sum[:6]), func(ctx context.Context, dir string) error {
		work, err := os.MkdirTemp("", "hubbub-sdist-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(work) }()
		archive, err := downloadSdist(ctx, work, project, pin)
		if err != nil {
			return err
		}
		return unpack(ctx, archive, dir)
	})
}

// downloadSdist returns the file, whose checksum pip has compared. This is all that
// Python is for.
func downloadSdist(ctx context.Context, dir, project string, pin []byte) (string, error) {
	if err := os.WriteFile(filepath.Join(dir, "pin.txt"), pin, 0o600); err != nil {
		return "", err
	}
	python, err := findPip(ctx)
	if err != nil {
		return "", err
	}
	if _, err := command(ctx, dir, python, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input",
		"--no-deps", "--no-binary", project, "--require-hashes", "-r", "pin.txt"); err != nil {
		return "", err
	}
	files, err := filepath.Glob(filepath.Join(dir, project+"-*.tar.gz"))
	if err == nil && len(files) != 1 {
		err = fmt.Errorf("pip downloaded %d files of %s", len(files), project)
	}
	if err != nil {
		return "", err
	}
	return files[0], nil
}

// findPip returns the first Python on the path that runs and has pip: one of a version
// manager may not.
func findPip(ctx context.Context) (python string, err error) {
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		python = filepath.Join(dir, "python3")
		if there, _ := exists(python); !there {
			continue
		}
		if _, err = command(ctx, "", python, "-m", "pip", "--version"); err == nil {
			return python, nil
		}
	}
	return "", errors.Join(errors.New("there is no python3 with pip on the path; apt-get install python3-pip"), err)
}
