package spark

import (
	"cmp"
	"io"
	"maps"
	"path/filepath"
	"time"
)

// Options say what a session is made of.
type Options struct {
	Java      string // the binary of a Java 17
	Home      string // SPARK_HOME: its folder jars has Spark 3.5
	Connector string // a folder with the jars of the connector for Cassandra, at the same place for executors
	Driver    string // the jar of engines/spark
	Master    string // spark://host:port; local[2]: no more processes than the driver
	Cassandra string // some nodes, host:port with commas between them; what they hold is cass.keyspace.table
	Name      string // what the master calls the application; default hubbub

	// Settings are more of Spark's and of the connector's, and win over those of this
	// package: spark.cassandra.auth.username, spark.executor.memory. For jobs of a million
	// rows, which it makes twice as fast, give spark.executor.extraJavaOptions the value
	// -XX:TieredStopAtLevel=4: executors use the second compiler too.
	Settings map[string]string
	// Log gets what the driver prints, which is little: warnings. Nil: the end of it is
	// in errors alone.
	Log io.Writer
	// Patience is how long a driver may take to be ready; default: three minutes, far
	// more than it takes.
	Patience time.Duration
	// Grace is how long a driver may take to end when it is told to, before it is
	// killed; default: ten seconds.
	Grace time.Duration
}

const (
	usualPatience = 3 * time.Minute
	usualGrace    = 10 * time.Second
)

func (o Options) withDefaults() Options {
	o.Name = cmp.Or(o.Name, "hubbub")
	o.Patience = cmp.Or(o.Patience, usualPatience)
	o.Grace = cmp.Or(o.Grace, usualGrace)
	if o.Log == nil {
		o.Log = io.Discard
	}
	return o
}

// settings are what a driver is given on its first line: nothing of it, and so no
// password, is among the arguments that all users of a machine can read.
func (o Options) settings() map[string]string {
	connector := filepath.Join(o.Connector, "*")
	s := map[string]string{
		"spark.master":   o.Master,
		"spark.app.name": o.Name,
		// The driver is beside the master; nobody beyond this machine reaches it.
		"spark.driver.host":        "127.0.0.1",
		"spark.driver.bindAddress": "127.0.0.1",
		"spark.ui.enabled":         "false",
		// As small as it gets along with.
		"spark.executor.memory":         "640m",
		"spark.executor.cores":          "2",
		"spark.cores.max":               "2",
		"spark.sql.shuffle.partitions":  "4",
		"spark.driver.maxResultSize":    "64m",
		"spark.executor.extraClassPath": connector,
		// One compiler, as it takes half the time of a processor until a session is warm. Of
		// what an executor leaves when it is killed, its worker clears its folder.
		"spark.executor.defaultJavaOptions": "-Xms64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dfile.encoding=UTF-8 -Djava.io.tmpdir=.",
		// A session lives for weeks: what it remembers of old queries is bounded.
		"spark.ui.retainedJobs":                        "20",
		"spark.ui.retainedStages":                      "20",
		"spark.ui.retainedTasks":                       "1000",
		"spark.sql.ui.retainedExecutions":              "20",
		"spark.executor.logs.rolling.strategy":         "size",
		"spark.executor.logs.rolling.maxSize":          "1048576",
		"spark.executor.logs.rolling.maxRetainedFiles": "2",
		"spark.log.level":                              "WARN",
		// No metastore: tables are Cassandra's, views a query's own.
		"spark.sql.catalogImplementation": "in-memory",
		"spark.sql.extensions":            "com.datastax.spark.connector.CassandraSparkExtensions",
		"spark.sql.catalog.cass":          "com.datastax.spark.connector.datasource.CassandraCatalog",
		// What was written at a quorum is read.
		"spark.cassandra.input.consistency.level":  "LOCAL_QUORUM",
		"spark.cassandra.output.consistency.level": "LOCAL_QUORUM",
	}
	if o.Cassandra != "" {
		s["spark.cassandra.connection.host"] = o.Cassandra
	}
	maps.Copy(s, o.Settings)
	return s
}

// arguments are those of java, for a driver that works in a folder.
func (o Options) arguments(dir string) []string {
	list := []string{
		"-Xms64m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError", "-XX:-UsePerfData", "-XX:TieredStopAtLevel=1",
		"-XX:+DisplayVMOutputToStderr", // standard output is for answers
		"-Dfile.encoding=UTF-8", "-Djava.io.tmpdir=" + dir, "-Djdk.reflect.useDirectMethodHandle=false",
	}
	for _, name := range opened {
		list = append(list, "--add-opens=java.base/"+name+"=ALL-UNNAMED")
	}
	classes := o.Driver + ":" + filepath.Join(o.Connector, "*") + ":" + filepath.Join(o.Home, "jars", "*")
	return append(list, "-cp", classes, "live.hubbub.spark.Driver")
}

// opened are the packages of Java 17 that Spark looks into; spark-submit names the same.
var opened = []string{
	"java.lang", "java.lang.invoke", "java.lang.reflect", "java.io", "java.net", "java.nio", "java.util", "java.util.concurrent",
	"java.util.concurrent.atomic", "jdk.internal.ref", "sun.nio.ch", "sun.nio.cs", "sun.security.action", "sun.util.calendar",
}
