package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A debianPackage is named with the least major version. apt checks what it
// downloads; exact versions are not pinned, since old builds vanish.
type debianPackage struct {
	name  string
	major int
}

// unpackDebian downloads packages and unpacks them into a folder, without installing
// them: no root is needed, and nothing is started by itself.
func unpackDebian(ctx context.Context, dir string, packages []debianPackage) error {
	// apt's downloader works as a user of its own, who may not enter a cache in a home.
	downloads, err := os.MkdirTemp("", "hubbub-debs-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(downloads) }()
	if err := os.Chmod(downloads, 0o777); err != nil {
		return err
	}
	for _, p := range packages {
		file, err := download(ctx, downloads, p)
		if err != nil {
			return err
		}
		if _, err := command(ctx, downloads, "dpkg-deb", "-x", file, dir); err != nil {
			return err
		}
	}
	return nil
}

// download returns the file of a package.
func download(ctx context.Context, dir string, p debianPackage) (string, error) {
	_, err := command(ctx, dir, "apt-get", "download", "-qq", p.name)
	if err != nil {
		// Lists that are missing or too old make the first attempt fail.
		_, updated := command(ctx, dir, "apt-get", "update", "-qq")
		_, again := command(ctx, dir, "apt-get", "download", "-qq", p.name)
		if again != nil {
			return "", errors.Join(err, updated, again)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, p.name+"_*.deb"))
	if err == nil && len(files) != 1 {
		err = fmt.Errorf("apt-get downloaded %d files of %s", len(files), p.name)
	}
	if err != nil {
		return "", err
	}
	version, err := command(ctx, dir, "dpkg-deb", "-f", files[0], "Version")
	if err != nil {
		return "", err
	}
	if major(version) < p.major {
		return "", fmt.Errorf("apt's %s is %s, older than %d", p.name, strings.TrimSpace(version), p.major)
	}
	return files[0], nil
}

// major is the leading number of a Debian version, after its epoch: 7 of 5:7.0.15-1.
func major(version string) int {
	if _, after, ok := strings.Cut(version, ":"); ok {
		version = after
	}
	end := strings.IndexFunc(version, func(r rune) bool { return r < '0' || r > '9' })
	if end >= 0 {
		version = version[:end]
	}
	n, err := strconv.Atoi(version)
	if err != nil {
		return -1
	}
	return n
}

// debianLibraries is the environment in which a program finds the shared libraries
// that were unpacked into a folder.
func debianLibraries(dir string) []string {
	var folders []string
	for _, pattern := range []string{"usr/lib/*-linux-gnu*", "lib/*-linux-gnu*"} {
		found, _ := filepath.Glob(filepath.Join(dir, pattern)) // fails for a bad pattern alone
		folders = append(folders, found...)
	}
	return []string{"LD_LIBRARY_PATH=" + strings.Join(folders, ":")}
}
