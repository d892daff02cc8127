package arch

import (
	"fmt"
	"regexp"
)

// A Rule forbids packages From, but not those NotFrom, to import To, but not
// NotTo. Patterns match whole paths; an empty one matches nothing.
type Rule struct {
	From, NotFrom string
	To, NotTo     string
	Reason        string
}

// The kinds of rooms, as patterns.
const (
	own       = `\.|(internal|cmd|web|test|cluster)(/.*)?`
	contracts = `internal/(eventlog|livebus|archive|cache)`
	suites    = `internal/.*/?[a-z]+test`
	adapters  = `internal/(eventlog/(natslog|kafkalog)|livebus/(localbus|redisbus)|archive/(sqlitearchive|cassandraarchive)|cache/(localcache|rediscache)|metastore/(sqlmeta|sqlitemeta|mysqlmeta|mysqlepochs)|analysis/(sqltally|sqlitetally|mysqltally))`
	pure      = `\.|internal/(text|summary|moderation|moderation/words|analysis|analysis/classify|chat/stomp|chat/sockjs)`
	world     = `net|net/http|os|os/.*|syscall|database/sql|io/fs|log|log/slog`
)

// Rules are who may import whom.
var Rules = []Rule{
	{From: `\.`, To: own,
		Reason: "the vocabulary is what all others speak; it depends on none of them"},
	{From: pure, To: own, NotTo: pure,
		Reason: "pure logic is tested without the world and moves to other engines; it knows the vocabulary and other pure logic"},
	{From: pure, To: world,
		Reason: "pure logic gets time, text and state as arguments; it opens nothing"},
	{From: contracts, To: own, NotTo: contracts + `|\.`,
		Reason: "a contract that knew its users or adapters would not be one; they speak the vocabulary and each other"},
	{From: own, NotFrom: adapters + `|internal/app|test/reach`, To: adapters + `(/.*)?`,
		Reason: "only app chooses adapters (and what measures the relay), so that all-in-one and roles are the same program"},
	{From: `internal/eventlog/\w+`, NotFrom: suites, To: own, NotTo: `\.|internal/eventlog|internal/engine`, Reason: "an adapter knows its contract and its client library, nothing beside"},
	{From: `internal/livebus/\w+`, NotFrom: suites, To: own, NotTo: `\.|internal/livebus|internal/engine`, Reason: "an adapter knows its contract and its client library, nothing beside"},
	{From: `internal/cache/\w+`, NotFrom: suites, To: own, NotTo: `\.|internal/cache`, Reason: "an adapter knows its contract and its client library, nothing beside"},
	{From: `internal/archive/(sqlite|cassandra)archive`, To: own, NotTo: `\.|internal/archive|internal/sqlitefile|internal/engine`, Reason: "an adapter knows its contract and its client library, nothing beside"},
	{From: `internal/metastore/mysqlepochs`, To: own, NotTo: `internal/(eventlog|mysqldb)`, Reason: "an adapter knows its contract and its client library, nothing beside"},
	{From: `internal/metastore/\w+meta`, To: own, NotTo: `\.|internal/(account|streams|sqlitefile|mysqldb|metastore|metastore/.*)`, Reason: "the metastore keeps what account and streams define"},
	{From: `internal/analysis/(sql|sqlite|mysql)tally`, To: own, NotTo: `\.|internal/(analysis/(worker|kept|sqltally)|sqlitefile|mysqldb)`, Reason: "an adapter knows its contract and its client library, nothing beside"},
	{From: own, NotFrom: `internal/(archive/sqlitearchive|metastore/sqlitemeta|analysis/sqlitetally)`, To: `internal/sqlitefile`,
		Reason: "what is in an SQLite file is its adapter's; others ask the contract"},
	{From: own, NotFrom: `internal/(metastore/(mysqlmeta|mysqlepochs)|analysis/mysqltally|app)`, To: `internal/mysqldb`,
		Reason: "what is in a database of MySQL is its adapter's; others ask the contract"},
	{From: own, NotFrom: suites, To: suites,
		Reason: "conformance suites are for tests; they bring package testing along"},
	{From: own, NotFrom: suites + `|test/.*`, To: `testing|testing/.*|pgregory\.net/rapid|go\.uber\.org/goleak`,
		Reason: "the program carries no test code"},
	{From: `internal/(client|lab)(/.*)?`, To: own, NotTo: `\.|internal/(client|lab)(/.*)?|internal/chat/(stomp|sockjs)|internal/token`,
		Reason: "client and lab know the wire and nothing else, or they would believe what the server believes"},
	{From: own, NotFrom: `internal/lab(/.*)?|internal/cli`, To: `internal/lab(/.*)?`,
		Reason: "the server does not know that it is measured"},
	{From: own, NotFrom: `internal/(lab|cli)(/.*)?|test/.*`, To: `internal/client`,
		Reason: "the server does not talk to itself over the wire"},
	{From: `internal/chat(/.*)?`, To: `internal/(account|metastore|streams|httpapi)(/.*)?`, NotTo: `internal/streams`,
		Reason: "tokens carry what chat needs of accounts, and streams answers for rooms; the wire is no business of HTTP"},
	{From: own, NotFrom: `internal/cli`, To: `internal/app`,
		Reason: "app puts the parts together; a part that imports it would be a knot"},
	{From: own, NotFrom: `cmd/hubbub`, To: `internal/cli`,
		Reason: "the command line is the outermost room"},
	{From: own, NotFrom: `cluster`, To: `engines/.*`,
		Reason: "what runs in an engine is built by who installs it; the program is given the result"},
	{From: `cluster(/.*)?`, To: own, NotTo: `cluster(/.*)?`,
		Reason: "engines are started as anybody's would be; what is kept in them is the adapters' business"},
	{From: own, NotFrom: `cluster(/.*)?|test/.*|internal/mysqldb/mysqltest`, To: `cluster(/.*)?`,
		Reason: "engines are for tests and for trying; the program only connects to some"},
	{From: `internal/spark`, To: own, NotTo: `\.`, Reason: "a session carries SQL and rows; what they are about is the business of those who ask"},
	{From: own, NotFrom: `internal/eventlog/natslog`, To: `github\.com/nats-io/.*`, Reason: "client libraries stay in their adapter"},
	{From: own, NotFrom: `internal/(sqlitefile|archive/sqlitearchive|metastore/sqlitemeta)`, To: `modernc\.org/.*`, Reason: "client libraries stay in their adapter"},
	{From: own, NotFrom: `internal/(sqlitefile|mysqldb)`, To: `github\.com/pressly/goose/.*`, Reason: "client libraries stay in their adapter"},
	{From: own, NotFrom: `internal/mysqldb(/mysqltest)?|cluster/secured`, To: `github\.com/go-sql-driver/.*`, Reason: "client libraries stay in their adapter"},
	{From: own, NotFrom: `internal/eventlog/kafkalog|cluster(/secured)?`, To: `github\.com/twmb/.*`, Reason: "client libraries stay in their adapter"},
	{From: own, NotFrom: `internal/(cache/rediscache|livebus/redisbus)`, To: `github\.com/redis/.*`, Reason: "client libraries stay in their adapter"},
	{From: own, NotFrom: `internal/archive/cassandraarchive|cluster(/secured)?`, To: `github\.com/apache/.*`, Reason: "client libraries stay in their adapter"},
	{From: own, NotFrom: `internal/(client|chat/transport|lab/.*)`, To: `github\.com/gobwas/.*`, Reason: "WebSocket is spoken in one place per side"},
	{From: own, NotFrom: `internal/account/oidc(/.*)?`, To: `github\.com/coreos/go-oidc/.*|golang\.org/x/oauth2(/.*)?`, Reason: "one package talks to providers"},
	{From: own, NotFrom: `internal/token`, To: `github\.com/golang-jwt/.*`, Reason: "one package decides what a valid token is"},
	{From: own, NotFrom: `internal/httpapi(/.*)?`, To: `github\.com/danielgtaylor/huma/.*`, Reason: "the HTTP framework stays at the HTTP edge"},
	{From: own, NotFrom: `internal/cli`, To: `github\.com/alecthomas/kong`, Reason: "flags are the command line's; options are plain structs"},
	{From: own, To: `log|unsafe|plugin`,
		Reason: "log/slog with a logger that is passed in; memory safety is worth more than a copy"},
	{From: own, To: `math/rand`,
		Reason: "math/rand/v2, or crypto/rand for whatever a stranger must not guess"},
}

// Calls that only main packages may make, with the reason.
var mainOnly = map[string]string{
	"os.Exit":                 "deferred calls would not run; return an error",
	"os/signal.Notify":        "signals are main's; contexts end below it",
	"os/signal.NotifyContext": "signals are main's; contexts end below it",
	"log/slog.SetDefault":     "loggers are passed in",
}

// Check returns what breaks the rules, a line each.
func Check(packages []*Package, rules []Rule) []string {
	var broken []string
	for _, rule := range rules {
		from, notFrom, to, notTo := whole(rule.From), whole(rule.NotFrom), whole(rule.To), whole(rule.NotTo)
		for _, p := range packages {
			if !from.MatchString(p.Path) || notFrom.MatchString(p.Path) {
				continue
			}
			for target, files := range p.Imports {
				if to.MatchString(target) && !notTo.MatchString(target) {
					broken = append(broken, fmt.Sprintf("%s %v imports %s: %s", p.Path, files, target, rule.Reason))
				}
			}
		}
	}
	return broken
}

func whole(pattern string) *regexp.Regexp { return regexp.MustCompile(`^(?:` + pattern + `)$`) }
