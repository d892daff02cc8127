package secured

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
	_ "github.com/go-sql-driver/mysql" // the driver
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/hubbub-live/hubbub/cluster/deployment"
	"github.com/hubbub-live/hubbub/cluster/loopback"
)

// The user that hubbub is at all engines, and what its password is there.
const (
	User     = "hubbub"
	Password = "let-me-in"
)

// Prefix is what the names of everything begin with that the user may use.
const Prefix = "t"

// Engines are prepared and not started.
type Engines struct {
	deployment.Engines
	CA           string // the authority's certificate, a file
	kafka, redis []int  // ports for hubbub: of each node; of the master, and of its replicas
	certificate  string // files
	key          string
	both         string
}

// Prepare prepares all engines in a folder that nobody else is at work in.
func Prepare(ctx context.Context, dir string, log *slog.Logger) (*Engines, error) {
	plain, err := deployment.PrepareEngines(ctx, dir, log)
	if err != nil {
		return nil, err
	}
	e := &Engines{Engines: plain}
	if e.kafka, err = loopback.FreePorts(len(plain.Kafka.Processes())); err != nil {
		return nil, err
	}
	if e.redis, err = loopback.FreePorts(len(plain.Redis.Processes())); err != nil {
		return nil, err
	}
	if err := e.certify(dir); err != nil {
		return nil, err
	}
	e.secureRedis()
	e.secureMySQL()
	return e, errors.Join(e.secureKafka(), e.secureCassandra())
}

// certify makes the authority and the certificate of all servers.
func (e *Engines) certify(dir string) error {
	authority, err := NewAuthority("hubbub's engines")
	if err != nil {
		return err
	}
	certificate, key, err := authority.Issue(time.Hour)
	if err != nil {
		return err
	}
	file := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		err = errors.Join(err, os.WriteFile(path, text, 0o600))
		return path
	}
	e.CA, e.certificate, e.key = file("ca.pem", authority.PEM()), file("server.pem", certificate), file("server-key.pem", key)
	e.both = file("server-both.pem", append(key, certificate...))
	return err
}

// secureKafka gives each node a listener for clients, who have no rights but those that
// they were given. The nodes among themselves may do all.
func (e *Engines) secureKafka() error {
	for i, node := range e.Kafka.Processes() {
		broker, controller, client := loopback.Address(node.Ports[0]), loopback.Address(node.Ports[1]), loopback.Address(e.kafka[i])
		more := fmt.Sprintf(`listeners=BROKER://%s,CONTROLLER://%s,CLIENT://%s
advertised.listeners=BROKER://%s,CLIENT://%s
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,CLIENT:SASL_SSL
listener.name.client.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.client.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.client.ssl.keystore.type=PEM
listener.name.client.ssl.keystore.location=%s
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
`, broker, controller, client, broker, client, e.both)
		if err := edit(filepath.Join(node.Dir, "server.properties"), func(text string) string { return text + more }); err != nil {
			return err
		}
	}
	return nil
}

// secureRedis gives each server a port with TLS, and a user who may not administrate it.
func (e *Engines) secureRedis() {
	for i, s := range e.Redis.Processes() {
		s.Args = append(s.Args, "--tls-port", strconv.Itoa(e.redis[i]), "--tls-cert-file", e.certificate, "--tls-key-file", e.key,
			"--tls-ca-cert-file", e.CA, "--tls-auth-clients", "no",
			"--user", User, "on", ">"+Password, "~"+Prefix+"*", "&"+Prefix+"*", "+@all", "-@dangerous")
	}
}

func (e *Engines) secureMySQL() {
	e.MySQL.Args = append(e.MySQL.Args, "--ssl-ca="+e.CA, "--ssl-cert="+e.certificate, "--ssl-key="+e.key)
}

func (e *Engines) secureCassandra() error {
	node := e.Cassandra
	node.Ready = func(context.Context) error {
		session, err := e.cassandra()
		if err == nil {
			session.Close()
		}
		return err
	}
	return edit(filepath.Join(node.Dir, "conf", "cassandra.yaml"), func(text string) string {
		text = strings.Replace(text, "AllowAllAuthenticator", "PasswordAuthenticator", 1)
		text = strings.Replace(text, "AllowAllAuthorizer", "CassandraAuthorizer", 1)
		return text + fmt.Sprintf(`client_encryption_options:
  enabled: true
  optional: false
  keystore: %s
  ssl_context_factory: {class_name: org.apache.cassandra.security.PEMBasedSslContextFactory}
`, e.both)
	})
}

func edit(path string, change func(string) string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(change(string(text))), 0o600)
}

// cassandra is a session of its first user.
func (e *Engines) cassandra() (*gocql.Session, error) {
	config := e.Cassandra.Config()
	config.NumConns, config.DisableInitialHostLookup = 1, true
	config.Timeout, config.ConnectTimeout = 5*time.Second, 5*time.Second
	config.Logger = gocql.NewLogger(gocql.LogLevelNone)
	config.Authenticator = gocql.PasswordAuthenticator{Username: "cassandra", Password: "cassandra"}
	config.SslOpts = &gocql.SslOptions{CaPath: e.CA, EnableHostVerification: true}
	return config.CreateSession()
}

// Start starts all, and makes hubbub's user. When it returns an error, some may run.
func (e *Engines) Start(ctx context.Context) error {
	if err := e.Engines.Start(ctx); err != nil {
		return err
	}
	for engine, grant := range map[string]func(context.Context) error{
		"Kafka": e.grantKafka, "Cassandra": e.grantCassandra, "MySQL": e.grantMySQL,
	} {
		if err := grant(ctx); err != nil {
			return fmt.Errorf("make the user at %s: %w", engine, err)
		}
	}
	return nil
}

func (e *Engines) grantKafka(ctx context.Context) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(e.Kafka.Seeds()...))
	if err != nil {
		return err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	made, err := admin.AlterUserSCRAMs(ctx, nil, []kadm.UpsertSCRAM{{User: User, Mechanism: kadm.ScramSha512, Iterations: 4096, Password: Password}})
	if err != nil {
		return err
	}
	if err := made.Error(); err != nil {
		return err
	}
	granted, err := admin.CreateACLs(ctx, kadm.NewACLs().Allow("User:"+User).AllowHosts().ResourcePatternType(kadm.ACLPatternPrefixed).
		Topics(Prefix).Groups(Prefix).Operations(kadm.OpAll))
	if err != nil {
		return err
	}
	for _, g := range granted {
		err = errors.Join(err, g.Err)
	}
	return err
}

func (e *Engines) grantCassandra(ctx context.Context) error {
	session, err := e.cassandra()
	if err != nil {
		return err
	}
	defer session.Close()
	for _, statement := range []string{
		`CREATE ROLE ` + User + ` WITH PASSWORD = '` + Password + `' AND LOGIN = true`,
		`GRANT CREATE ON ALL KEYSPACES TO ` + User,
	} {
		if err := session.Query(statement).ExecContext(ctx); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

func (e *Engines) grantMySQL(ctx context.Context) (err error) {
	db, err := sql.Open("mysql", e.MySQL.DSN(""))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, statement := range []string{
		`CREATE USER ` + User + `@'%' IDENTIFIED BY '` + Password + `' REQUIRE SSL`,
		"GRANT ALL ON `" + Prefix + "%`.* TO " + User + `@'%'`,
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// Flags are those by which hubbub finds the engines and is let in.
func (e *Engines) Flags() []string {
	addresses := func(ports []int) string {
		var list []string
		for _, port := range ports {
			list = append(list, loopback.Address(port))
		}
		return strings.Join(list, ",")
	}
	return []string{
		"--kafka", addresses(e.kafka), "--kafka-user", User, "--kafka-password", Password,
		"--redis", addresses(e.redis[:1]), "--redis-replicas", addresses(e.redis[1:]), "--redis-user", User, "--redis-password", Password,
		"--cassandra", loopback.Address(e.Cassandra.Ports[0]), "--cassandra-user", User, "--cassandra-password", Password,
		"--mysql", User + ":" + Password + "@tcp(" + loopback.Address(e.MySQL.Ports[0]) + ")/hubbub",
		"--engines-tls", "kafka,redis,cassandra,mysql", "--engines-ca", e.CA,
	}
}
