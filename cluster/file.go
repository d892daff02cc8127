package cluster

import "os"

// WriteFile writes a file that only its owner reads. It is there whole, or as it was.
func WriteFile(path string, text []byte) error {
	part := path + ".part"
	if err := os.WriteFile(part, text, 0o600); err != nil {
		return err
	}
	return os.Rename(part, path)
}
