package mysqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// Create makes the database of a DSN, unless it is there. A user who may not is
// refused only if it is missing.
func Create(ctx context.Context, dsn string) (err error) {
	c, err := mysql.ParseDSN(dsn)
	if err != nil {
		return fmt.Errorf("read the address of a database: %w", err)
	}
	name := c.DBName
	defer func() {
		if err != nil {
			err = fmt.Errorf("make database %s at %s: %w", name, c.Addr, refused(err))
		}
	}()
	if err := insist(c); err != nil {
		return err
	}
	c.DBName = ""
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer func() { err = errors.Join(err, db.Close()) }()
	var there int
	if err := db.QueryRowContext(ctx, `SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ?`, name).Scan(&there); err != nil || there > 0 {
		return err
	}
	quoted := "`" + strings.ReplaceAll(name, "`", "``") + "`"
	_, err = db.ExecContext(ctx, `CREATE DATABASE IF NOT EXISTS `+quoted)
	return err
}
