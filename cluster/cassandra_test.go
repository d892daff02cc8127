package cluster

import "testing"

// What was acknowledged is read when the node was killed and started again.
func TestCassandra(t *testing.T) {
	c, err := NewCassandra(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { endOf(t, c.Process) })
	start(t, c)
	execute(t, c,
		`CREATE KEYSPACE hub WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
		`CREATE TABLE hub.messages (stream text, seq bigint, body text, PRIMARY KEY (stream, seq))`,
		`INSERT INTO hub.messages (stream, seq, body) VALUES ('s', 1, '안녕')`,
	)
	if err := c.Kill(); err != nil {
		t.Fatal(err)
	}
	free(t, c.Process)
	start(t, c)
	session, err := c.Config().CreateSession()
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	var body string
	if err := session.Query(`SELECT body FROM hub.messages WHERE stream = 's'`).ScanContext(t.Context(), &body); err != nil || body != "안녕" {
		t.Errorf("read %q, %v", body, err)
	}
}

func execute(t *testing.T, c *Cassandra, statements ...string) {
	t.Helper()
	session, err := c.Config().CreateSession()
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	for _, s := range statements {
		if err := session.Query(s).ExecContext(t.Context()); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}
