package main

import (
	"context"
	"database/sql"
	"testing"
	"time"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
	_ "github.com/go-sql-driver/mysql"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/hubbub-live/hubbub/cluster/loopback"
)

const text = "안녕"

// put has each engine that keeps something keep a text.
func put(t *testing.T, f folder) {
	t.Helper()
	c := kafka(t, f)
	defer c.Close()
	topic := kmsg.NewCreateTopicsRequestTopic()
	topic.Topic, topic.NumPartitions, topic.ReplicationFactor = "t", 1, 3
	request := kmsg.NewPtrCreateTopicsRequest()
	request.Topics = append(request.Topics, topic)
	answer, err := request.RequestWith(t.Context(), c)
	if err == nil {
		err = kerr.ErrorForCode(answer.Topics[0].ErrorCode)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := c.ProduceSync(t.Context(), &kgo.Record{Topic: "t", Value: []byte(text)}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	session := cassandra(t, f)
	defer session.Close()
	db := mysql(t, f)
	defer db.Close()
	for _, s := range []string{
		`CREATE KEYSPACE t WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
		`CREATE TABLE t.t (k int PRIMARY KEY, v text)`, `INSERT INTO t.t (k, v) VALUES (1, '` + text + `')`,
	} {
		if err := session.Query(s).ExecContext(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []string{`CREATE DATABASE t`, `CREATE TABLE t.t (v VARCHAR(10))`, `INSERT INTO t.t VALUES ('` + text + `')`} {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
}

// got fails unless each engine has what it was given by put.
func got(t *testing.T, f folder) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	c := kafka(t, f, kgo.ConsumeTopics("t"))
	defer c.Close()
	fetches := c.PollFetches(ctx)
	if records := fetches.Records(); fetches.Err() != nil || len(records) != 1 || string(records[0].Value) != text {
		t.Errorf("Kafka has %v, %v", records, fetches.Err())
	}
	session := cassandra(t, f)
	defer session.Close()
	var v string
	if err := session.Query(`SELECT v FROM t.t WHERE k = 1`).ScanContext(ctx, &v); err != nil || v != text {
		t.Errorf("Cassandra has %q, %v", v, err)
	}
	db := mysql(t, f)
	defer db.Close()
	if err := db.QueryRowContext(ctx, `SELECT v FROM t.t`).Scan(&v); err != nil || v != text {
		t.Errorf("MySQL has %q, %v", v, err)
	}
}

func kafka(t *testing.T, f folder, options ...kgo.Opt) *kgo.Client {
	t.Helper()
	c, err := kgo.NewClient(append(options, kgo.SeedBrokers(loopback.Address(f.process(t, "kafka-3").Ports[0])))...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func cassandra(t *testing.T, f folder) *gocql.Session {
	t.Helper()
	config := gocql.NewCluster("127.0.0.1")
	config.Port = f.process(t, "cassandra").Ports[0]
	config.Timeout = 10 * time.Second
	session, err := config.CreateSession()
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func mysql(t *testing.T, f folder) *sql.DB {
	t.Helper()
	db, err := sql.Open("mysql", "root@tcp("+loopback.Address(f.process(t, "mysql").Ports[0])+")/")
	if err != nil {
		t.Fatal(err)
	}
	return db
}
