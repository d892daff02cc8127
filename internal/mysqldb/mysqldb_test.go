package mysqldb

import (
	"database/sql"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub/internal/mysqldb/mysqltest"

	"github.com/hubbub-live/hubbub/internal/engine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(mysqltest.With(m)) }

func TestInsistsWhateverTheDSNSays(t *testing.T) {
	db := openIn(t, database(t)+"?clientFoundRows=false&collation=utf8mb4_general_ci&sql_mode=''&innodb_lock_wait_timeout=60&readTimeout=70s", one)
	exec(t, db, `INSERT INTO one (x, "y") VALUES (1, 'a' || 'b')`)
	var y string
	if err := db.QueryRow(`SELECT y FROM one WHERE x = ?`, 1).Scan(&y); err != nil || y != "ab" {
		t.Errorf("y = %q, %v", y, err)
	}
	found, err := db.Exec(`UPDATE one SET y = 'ab' WHERE x = 1`)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := found.RowsAffected(); n != 1 || err != nil {
		t.Errorf("an update that changes nothing found %d rows, %v", n, err)
	}
	if _, err := db.Exec(`INSERT INTO one (x, y) VALUES (2, '0123456789')`); err == nil {
		t.Error("what is too long was cut")
	}
}

func TestTimeoutsAreTheDSNsIfItHasAny(t *testing.T) {
	for dsn, want := range map[string]time.Duration{"u@tcp(h:1)/d": silence, "u@tcp(h:1)/d?readTimeout=1h": time.Hour} {
		c, err := mysql.ParseDSN(dsn)
		if err != nil {
			t.Fatal(err)
		}
		if err := insist(c); err != nil || c.ReadTimeout != want || c.WriteTimeout != silence || c.Timeout != dial {
			t.Errorf("%s: %v, %v, %v", dsn, c.ReadTimeout, c.WriteTimeout, c.Timeout)
		}
	}
}

// TestRefusals: who is let in by nothing that waiting changes is told so.
func TestRefusals(t *testing.T) {
	c, err := mysql.ParseDSN(database(t))
	if err != nil {
		t.Fatal(err)
	}
	wrong := c.Clone()
	wrong.Passwd = "wrong"
	if _, err := Open(t.Context(), wrong.FormatDSN(), one); !errors.Is(err, engine.ErrPassword) {
		t.Errorf("with a wrong password: %v", err)
	}
	if err := Create(t.Context(), wrong.FormatDSN()); !errors.Is(err, engine.ErrPassword) {
		t.Errorf("with a wrong password: %v", err)
	}
	c.TLSConfig, c.Params = "true", map[string]string{Authorities: "/nowhere"}
	if _, err := Open(t.Context(), c.FormatDSN(), one); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("with a file of authorities that is not there: %v", err)
	}
}

// Two transactions that deadlock are both done, and what one did in vain is undone.
func TestTransactAgain(t *testing.T) {
	db := openIn(t, database(t), one)
	exec(t, db, `INSERT INTO one (x) VALUES (1), (2)`)
	first := [2]chan struct{}{make(chan struct{}), make(chan struct{})} // closed when one has its first row
	tries, errs := make(chan int, 2), make(chan error, 2)
	for me, order := range [][2]int{{1, 2}, {2, 1}} {
		go func() {
			n := 0
			errs <- Transact(t.Context(), db, sql.TxOptions{}, func(tx *sql.Tx) error {
				n++
				for i, x := range order {
					if _, err := tx.Exec(`UPDATE one SET y = CONCAT(y, '.') WHERE x = ?`, x); err != nil {
						return err
					}
					if i == 0 && n == 1 {
						close(first[me])
						<-first[1-me]
					}
				}
				return nil
			})
			tries <- n
		}()
	}
	if err := errors.Join(<-errs, <-errs); err != nil {
		t.Fatal(err)
	}
	if n := <-tries + <-tries; n < 3 {
		t.Errorf("%d tries: they did not meet", n)
	}
	var y string
	if err := db.QueryRow(`SELECT CONCAT(a.y, b.y) FROM one a, one b WHERE a.x = 1 AND b.x = 2`).Scan(&y); err != nil || y != "...." {
		t.Errorf("both did %q, %v", y, err)
	}
}

// A process that is frozen in a transaction loses it, and holds nobody up for long.
func TestASilentHolderIsCutOff(t *testing.T) {
	dsn := database(t)
	frozen, other := openIn(t, dsn+"?wait_timeout=1", one), openIn(t, dsn, one)
	exec(t, other, `INSERT INTO one (x) VALUES (1)`)
	tx, err := frozen.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(`UPDATE one SET y = 'frozen' WHERE x = 1`); err != nil {
		t.Fatal(err)
	}
	exec(t, other, `UPDATE one SET y = CONCAT(y, '.') WHERE x = 1`) // waits until it may
	if err := tx.Commit(); err == nil {
		t.Error("what was cut off is committed")
	}
	var y string
	if err := frozen.QueryRow(`SELECT y FROM one`).Scan(&y); err != nil || y != "." {
		t.Errorf("y = %q, %v", y, err)
	}
}

// A server that was killed and started again is used again.
func TestServerIsKilled(t *testing.T) {
	db := openIn(t, database(t), one)
	if err := mysqltest.Server.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`INSERT INTO one (x) VALUES (1)`); err == nil {
		t.Error("a server that is gone answered")
	}
	if err := mysqltest.Server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	exec(t, db, `INSERT INTO one (x) VALUES (1)`)
}

func TestCreate(t *testing.T) {
	dsn, err := mysqltest.Database(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	at := strings.LastIndex(dsn, "/") + 1
	dsn = dsn[:at] + "it's_new`" // a name that has to be quoted
	for range 2 {
		if err := Create(t.Context(), dsn); err != nil {
			t.Fatal(err)
		}
	}
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.PingContext(t.Context()); err != nil {
		t.Error(err)
	}
	if err := Create(t.Context(), "root@tcp(127.0.0.1:1)/x"); err == nil || !strings.Contains(err.Error(), "make database x at 127.0.0.1:1") {
		t.Errorf("without a server: %v", err)
	}
}
