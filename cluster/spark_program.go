package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	sources "github.com/hubbub-live/hubbub/engines/spark"
)

// A SparkProgram is what is installed of Spark, for its daemons and for drivers.
type SparkProgram struct {
	Java      string // the binary of a Java 17, without links
	Home      string // SPARK_HOME
	Connector string // a folder of jars, with which Spark reads and writes Cassandra
	Driver    string // the jar of engines/spark
}

// InstallSpark installs Spark, which downloads 320 MB and takes 330 on the disk, its
// connector for Cassandra, and hubbub's driver. It takes nothing when all is there.
func InstallSpark(ctx context.Context) (SparkProgram, error) {
	jdk, err := findJDK(ctx)
	if err != nil {
		return SparkProgram{}, fmt.Errorf("install spark: %w", err)
	}
	var program SparkProgram
	if program.Java, err = filepath.EvalSymlinks(jdk.java); err != nil {
		return SparkProgram{}, fmt.Errorf("install spark: %w", err)
	}
	if program.Home, err = installSdist(ctx, "pyspark", unpackSpark); err != nil {
		return SparkProgram{}, err
	}
	if program.Connector, err = installJars(ctx, "spark-connector"); err != nil {
		return SparkProgram{}, err
	}
	name, err := program.driverName()
	if err != nil {
		return SparkProgram{}, fmt.Errorf("install spark: %w", err)
	}
	dir, err := install(ctx, name, program.compileDriver)
	program.Driver = filepath.Join(dir, driverJar)
	return program, err
}

// unpackSpark takes out of the package for Python what Spark is without it.
func unpackSpark(ctx context.Context, archive, dir string) error {
	if _, err := command(ctx, dir, "tar", "-xzf", archive, "--no-same-owner", "--strip-components=2", "--wildcards",
		"*/deps/bin", "*/deps/jars", "*/deps/sbin"); err != nil {
		return err
	}
	_, err := command(ctx, dir, "chmod", "-R", "a+x", "bin", "sbin")
	return err
}

const driverJar = "driver.jar"

// driverName is short, and of just these sources and this Spark.
func (p SparkProgram) driverName() (string, error) {
	sum := sha256.New()
	sum.Write([]byte(filepath.Base(p.Home)))
	err := fs.WalkDir(sources.Sources, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := sources.Sources.ReadFile(path)
		sum.Write(text)
		return err
	})
	return "spark-driver-" + hex.EncodeToString(sum.Sum(nil)[:6]), err
}

// compileDriver makes the jar in a folder.
func (p SparkProgram) compileDriver(ctx context.Context, dir string) error {
	work, err := os.MkdirTemp("", "hubbub-javac-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	if err := os.CopyFS(work, sources.Sources); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(work, "src/live/hubbub/spark/*.java"))
	if err != nil {
		return err
	}
	compile := []string{"-encoding", "UTF-8", "--release", "17", "-cp", filepath.Join(p.Home, "jars", "*"), "-d", "classes"}
	if err := p.run(ctx, work, "javac", append(compile, files...)...); err != nil {
		return err
	}
	return p.run(ctx, work, "jar", "--create", "--file", filepath.Join(dir, driverJar), "-C", "classes", ".")
}

// run runs one of the programs that come with Java's.
func (p SparkProgram) run(ctx context.Context, dir, tool string, args ...string) error {
	path := filepath.Join(filepath.Dir(p.Java), tool)
	if there, err := exists(path); err != nil || !there {
		return fmt.Errorf("there is no %s; apt-get install openjdk-17-jdk-headless", path)
	}
	_, err := command(ctx, dir, path, args...)
	return err
}

// daemon is a master or a worker in a folder, on two ports: the second is that of HTTP.
func (p SparkProgram) daemon(dir string, ports []int, main string, args ...string) *Process {
	options := []string{
		"-Xms32m", "-Xmx160m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError",
		"-Dfile.encoding=UTF-8", "-Djava.io.tmpdir=" + filepath.Join(dir, sparkTmp),
		"-Dlog4j2.configurationFile=" + filepath.Join(dir, "log4j2.properties"),
		// Folders of applications that have ended are removed, an hour after.
		"-Dspark.worker.cleanup.enabled=true", "-Dspark.worker.cleanup.interval=600", "-Dspark.worker.cleanup.appDataTtl=3600",
		"-cp", filepath.Join(p.Home, "jars", "*"),
		main, "--host", "127.0.0.1", "--port", strconv.Itoa(ports[0]), "--webui-port", strconv.Itoa(ports[1]),
	}
	return New(Spec{
		Name: filepath.Base(dir), Dir: dir, Path: p.Java, Args: append(options, args...), Ports: ports, Nice: Unhurried,
		Env: []string{
			"SPARK_HOME=" + p.Home, "SPARK_CONF_DIR=" + dir, "SPARK_LOCAL_DIRS=" + filepath.Join(dir, sparkTmp),
			"SPARK_LOCAL_IP=127.0.0.1", // also of executors, and of the pages
			"JAVA_HOME=" + filepath.Dir(filepath.Dir(p.Java)), "SPARK_SCALA_VERSION=2.12", "LC_ALL=C.UTF-8",
		},
	})
}
