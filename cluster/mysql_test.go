package cluster

import (
	"database/sql"
	"testing"

	_ "github.com/go-sql-driver/mysql"
)

// What was committed is read when the server was killed and started again.
func TestMySQL(t *testing.T) {
	m, err := StartMySQL(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { endOf(t, m.Process) })
	db, err := sql.Open("mysql", m.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range []string{`CREATE DATABASE hub`, `CREATE TABLE hub.t (body VARCHAR(10))`, `INSERT INTO hub.t VALUES ('안녕')`} {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	if err := m.Kill(); err != nil {
		t.Fatal(err)
	}
	free(t, m.Process)
	start(t, m)
	var body string
	if err := db.QueryRowContext(t.Context(), `SELECT body FROM hub.t`).Scan(&body); err != nil || body != "안녕" {
		t.Errorf("read %q, %v", body, err)
	}
}
