package token

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/golang-jwt/jwt/v5"
)

// KeyFile is the name of the private key in the data folder: PEM, PKCS #8, mode 0600.
const KeyFile = "token-key.pem"

// strongSecret is the length from which a secret cannot be guessed, in bytes.
const strongSecret = 32

// FromSecret returns keys that sign with HS512 and a secret shared with whoever
// else may issue tokens. The secret is taken as it is, not decoded. See Weak.
func FromSecret(secret []byte) (*Keys, error) {
	if len(secret) == 0 {
		return nil, errors.New("the token secret is empty")
	}
	key := append([]byte(nil), secret...)
	k := newKeys(jwt.SigningMethodHS512, key, key, "", []byte(`{"keys":[]}`))
	k.weak = len(secret) < strongSecret
	return k, nil
}

// Open returns keys that sign with the Ed25519 key in the data folder dir. With
// create, a missing key is made; of several processes that do so at once, one
// makes it and all get the same. Opening does not disturb who else has it open.
func Open(dir string, create bool) (*Keys, error) {
	path := filepath.Join(dir, KeyFile)
	key, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) && create {
		if err := createKey(dir); err != nil {
			return nil, fmt.Errorf("create the token key: %w", err)
		}
		key, err = readKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("open the token key: %w", err)
	}
	return fromPrivate(key), nil
}

func fromPrivate(key ed25519.PrivateKey) *Keys {
	public := key.Public().(ed25519.PublicKey)
	x := base64.RawURLEncoding.EncodeToString(public)
	// RFC 7638: the id is the hash of the required members, in this order.
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + x + `"}`))
	id := base64.RawURLEncoding.EncodeToString(sum[:])
	type jwk struct {
		Type      string `json:"kty"`
		Curve     string `json:"crv"`
		X         string `json:"x"`
		ID        string `json:"kid"`
		Algorithm string `json:"alg"`
		Use       string `json:"use"`
	}
	jwks, err := json.Marshal(map[string][]jwk{"keys": {{"OKP", "Ed25519", x, id, "EdDSA", "sig"}}})
	if err != nil { // strings only: cannot fail
		panic(err)
	}
	return newKeys(jwt.SigningMethodEdDSA, key, public, id, jwks)
}

func readKey(path string) (ed25519.PrivateKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by others: chmod 600 it, or remove it to have a new one made", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM block", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s holds a %T, not an Ed25519 key", path, parsed)
	}
	return key, nil
}

// createKey makes the key file whole or not at all: it is written and synced
// under another name, then linked, which unlike a rename fails if another
// process was first.
func createKey(dir string) error {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(dir, KeyFile+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temp.Name()) }()
	err = errors.Join(
		pem.Encode(temp, &pem.Block{Type: "PRIVATE KEY", Bytes: der}),
		temp.Sync(),
		temp.Close(),
	)
	if err != nil {
		return err
	}
	err = os.Link(temp.Name(), filepath.Join(dir, KeyFile))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(dir)
}

func syncFolder(dir string) error {
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
