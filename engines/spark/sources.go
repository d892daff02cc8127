// Package spark has the sources of the driver that answers queries in a warm session of
// Spark. What it speaks is in Driver.java, internal/spark is its client, and package
// cluster makes a jar of it.
package spark

import "embed"

// Sources are Java 17, below src; Spark's own jars are all that they need.
//
//go:embed src
var Sources embed.FS
