package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/hubbub-live/hubbub/cluster/loopback"
)

// MySQL is a server of MySQL 8, with tables for tests: small, and durable as usual.
type MySQL struct {
	*Process
	port int
}

// StartMySQL installs MySQL if need be, makes its data in a folder unless it is there,
// and starts a server on loopback. Making the data takes seconds.
func StartMySQL(ctx context.Context, dir string) (*MySQL, error) {
	port, err := loopback.FreePort()
	if err != nil {
		return nil, err
	}
	m, err := NewMySQLOn(ctx, dir, port)
	if err != nil {
		return nil, err
	}
	if err := m.Start(ctx); err != nil {
		return nil, err
	}
	return m, nil
}

// NewMySQLOn is StartMySQL on a given port, but for the start.
func NewMySQLOn(ctx context.Context, dir string, port int) (*MySQL, error) {
	base, env, err := InstallMySQL(ctx)
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, fmt.Errorf("start mysql: %w", err)
	}
	binary, data := filepath.Join(base, "bin", "mysqld"), filepath.Join(dir, "data")
	common := []string{"--no-defaults", "--basedir=" + base, "--datadir=" + data}
	if os.Geteuid() == 0 { // it refuses to run as root unless it is told to
		common = append(common, "--user=root")
	}
	if err := initMySQL(ctx, binary, env, common, data); err != nil {
		return nil, fmt.Errorf("make the data of mysql in %s: %w", dir, err)
	}
	return &MySQL{port: port, Process: New(Spec{
		Name: "mysql", Dir: dir, Path: binary, Env: env, Ports: []int{port},
		Args: append(common, "--bind-address=127.0.0.1", "--port="+strconv.Itoa(port),
			"--socket="+filepath.Join(data, "s.sock"), "--pid-file="+filepath.Join(data, "pid"),
			"--mysqlx=OFF", "--skip-log-bin", "--innodb-buffer-pool-size=64M", "--performance-schema=OFF",
			"--character-set-server=utf8mb4", "--collation-server=utf8mb4_bin", "--default-time-zone=+00:00",
			"--default-authentication-plugin=mysql_native_password"),
	})}, nil
}

// initMySQL makes the data of a server that has none. A data folder that is there is
// whole: it gets its name at the end.
func initMySQL(ctx context.Context, binary string, env, common []string, data string) error {
	if there, err := exists(data); there || err != nil {
		return err
	}
	part := data + ".part"
	if err := os.RemoveAll(part); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(data), 0o700); err != nil {
		return err
	}
	args := append(append([]string{}, env...), binary)
	args = append(args, common...) // a later option wins
	if _, err := command(ctx, filepath.Dir(data), "env", append(args, "--datadir="+part, "--initialize-insecure")...); err != nil {
		return err
	}
	return os.Rename(part, data)
}

// DSN is the address of a database in the form of the Go driver, for a user who may
// do all and has no password; "" is none of the databases.
func (m *MySQL) DSN(database string) string {
	return "root@tcp(" + loopback.Address(m.port) + ")/" + database
}
