// Package mysqltest gives the tests of a package a MySQL server, and a database to
// each folder: what a test of files calls a folder is a database to it.
package mysqltest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"os"

	_ "github.com/go-sql-driver/mysql" // the driver "mysql"

	"github.com/hubbub-live/hubbub/cluster"
)

// address is the server's; a process that is started to be killed has it from here.
const address = "HUBBUB_TEST_MYSQL"

// Server is what With started; nil in a process that is to be killed.
var Server *cluster.MySQL

// With returns the tests of a testing.M with a server. For TestMain: they run as a
// testing.M does.
func With(m interface{ Run() int }) interface{ Run() int } {
	if os.Getenv(address) != "" {
		return m
	}
	return cluster.With(func(ctx context.Context, dir string) (kill func() error, err error) {
		if Server, err = cluster.StartMySQL(ctx, dir); err != nil {
			return nil, err
		}
		return Server.Kill, os.Setenv(address, Server.DSN(""))
	}, m)
}

// Database returns the DSN of the database that stands for a folder, made if need be.
func Database(ctx context.Context, dir string) (dsn string, err error) {
	name := fmt.Sprintf("t%x", sha256.Sum256([]byte(dir)))[:32]
	db, err := sql.Open("mysql", os.Getenv(address))
	if err != nil {
		return "", err
	}
	defer func() { _ = db.Close() }() // nothing is under way
	_, err = db.ExecContext(ctx, "CREATE DATABASE IF NOT EXISTS "+name)
	return os.Getenv(address) + name, err
}
