// Package engine says why Kafka, Redis, Cassandra or MySQL does not let a process in,
// where waiting does not help: in the same words and codes for all four.
package engine

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"github.com/hubbub-live/hubbub"
)

// ErrPassword is what adapters return, wrapped, when an engine knows no such user with
// such a password.
var ErrPassword = errors.New("the engine does not take the user or the password")

// Refusal is the refusal in err's chain, with the engine's name in it; nil if err is
// another.
func Refusal(name string, err error) *hubbub.Error {
	refuse := func(code hubbub.Code, format string) *hubbub.Error {
		r := hubbub.Refuse(code, format, name)
		r.Err = err
		return r
	}
	switch {
	case errors.Is(err, ErrPassword):
		return refuse(hubbub.CodeEnginePassword, "%s does not take the user or the password: correct them, or make the user there")
	case as[x509.UnknownAuthorityError](err):
		return refuse(hubbub.CodeEngineAuthority, "the certificate of %s is of an authority that is not trusted here: name the authority's file with --engines-ca")
	case Untrusted(err):
		return refuse(hubbub.CodeEngineCertificate, "the certificate of %s is not valid now, or not for its address: renew it there, and compare the clocks")
	}
	return nil
}

// Untrusted says whether a certificate was refused here, for whatever reason.
func Untrusted(err error) bool { return as[*tls.CertificateVerificationError](err) }

func as[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

// Trust returns what a client of engines needs for TLS: it trusts the authorities in a
// file of PEM, those of the system if that is "".
func Trust(file string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if file == "" {
		return c, nil
	}
	text, err := os.ReadFile(file) //nolint:gosec // the operator names it
	if err != nil {
		return nil, fmt.Errorf("read the authorities of the engines: %w", err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("read the authorities of the engines: no certificate in PEM is in %s", file)
	}
	return c, nil
}
