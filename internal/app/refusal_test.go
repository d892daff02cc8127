package app

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive/cassandraarchive"
	"github.com/hubbub-live/hubbub/internal/eventlog/kafkalog"
)

// An authority makes certificates.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	file string // its own, as PEM
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{key: key, file: filepath.Join(t.TempDir(), "ca.pem")}
	shape := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority " + t.Name()}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, shape, shape, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(a.file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return a
}

// serve takes connections with a certificate for 127.0.0.1 that is good until then, and
// returns its address. It hangs up on who has taken the certificate.
func (a *authority) serve(t *testing.T, until time.Time) string {
	t.Helper()
	shape := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "engine"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: until, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, shape, a.cert, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: a.key}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.(*tls.Conn).HandshakeContext(t.Context())
			_ = c.Close()
		}
	}()
	return l.Addr().String()
}

// What is at an engine's address with a certificate that is not good ends the opening,
// with a code of its own, by every client that begins with TLS.
func TestCertificatesAreRefused(t *testing.T) {
	ours, other := newAuthority(t), newAuthority(t)
	for _, row := range []struct {
		name    string
		address string
		code    hubbub.Code
	}{
		{"another authority", other.serve(t, time.Now().Add(time.Hour)), hubbub.CodeEngineAuthority},
		{"an expired certificate", ours.serve(t, time.Now().Add(-time.Hour)), hubbub.CodeEngineCertificate},
	} {
		o := Options{Engines: Engines{
			Kafka: []string{row.address}, Redis: row.address, Cassandra: []string{row.address}, EnginesCA: ours.file,
			EnginesTLS: []string{"kafka", "redis", "cassandra"}, KafkaUser: "u", KafkaPassword: "p", CassandraUser: "u", CassandraPassword: "p",
		}, LogFormat: "text", LogLevel: "error"}
		for engine, open := range map[string]func(*App, context.Context) error{
			"Kafka": func(a *App, ctx context.Context) error {
				k, err := a.kafka()
				if err != nil {
					return err
				}
				k.Epoch = noEpoch
				_, err = kafkalog.Open(ctx, k)
				return err
			},
			"Redis": func(a *App, _ context.Context) error { return a.openRedis(&stores{cluster: &cluster{}}) },
			"Cassandra": func(a *App, ctx context.Context) error {
				k, err := a.o.Engines.keyspace()
				if err != nil {
					return err
				}
				_, err = cassandraarchive.Open(ctx, k)
				return err
			},
		} {
			t.Run(row.name+" at "+engine, func(t *testing.T) {
				a, err := bare(o, IO{Stdout: io.Discard, Stderr: io.Discard})
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
				defer cancel()
				err = a.await(ctx, engine, func(ctx context.Context) error { return open(a, ctx) })
				var refusal *hubbub.Error
				if !errors.As(err, &refusal) || refusal.Code != row.code {
					t.Errorf("it ended with %v, want %s", err, row.code)
				}
			})
		}
	}
}

// mysqlSays is the address of what answers every client with an error of MySQL, or
// hangs up on it if that is 0.
func mysqlSays(t *testing.T, number uint16) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	said := binary.LittleEndian.AppendUint16([]byte{0xff}, number)
	said = append(said, "#HY000said by a test"...)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if number != 0 {
				_, _ = c.Write(append([]byte{byte(len(said)), 0, 0, 0}, said...))
			}
			_ = c.Close()
		}
	}()
	return l.Addr().String()
}

// An operator's command tells of a wrong password by its code; a server for which a
// server of hubbub waits is not one that refuses.
func TestMySQLRefusesOrPasses(t *testing.T) {
	for _, row := range []struct {
		name   string
		number uint16
		code   hubbub.Code
		passes bool
	}{
		{"a wrong password", 1045, hubbub.CodeEnginePassword, false},
		{"no right to the database", 1044, "", false},
		{"no connection left", 1040, "", true},
		{"it stops", 1053, "", true},
		{"it hangs up", 0, "", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, _, err := Site{MySQL: "u:secret@tcp(" + mysqlSays(t, row.number) + ")/d"}.open(t.Context())
			if err == nil || strings.Contains(err.Error(), "secret") {
				t.Fatalf("it ended with %v", err)
			}
			var refusal *hubbub.Error
			if errors.As(err, &refusal) != (row.code != "") || refusal != nil && refusal.Code != row.code {
				t.Errorf("it ended with %v, want code %q", err, row.code)
			}
			if passing(err) != row.passes {
				t.Errorf("passing is %t of: %v", !row.passes, err)
			}
		})
	}
}
