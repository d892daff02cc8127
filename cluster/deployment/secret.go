package deployment

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/hubbub-live/hubbub/cluster"
)

// secret returns what all roles sign and verify tokens with. It is made once, and kept
// in a file that only its owner reads.
func secret(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err == nil {
		return string(text), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the secret: %w", err)
	}
	var random [48]byte
	rand.Read(random[:]) // never fails
	made := hex.EncodeToString(random[:])
	if err := cluster.WriteFile(path, []byte(made)); err != nil {
		return "", fmt.Errorf("keep the secret: %w", err)
	}
	return made, nil
}
