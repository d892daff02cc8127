package text

import "github.com/hubbub-live/hubbub"

const maxNonce = 64

// Nonce refuses a nonce that is not 1 to 64 printable ASCII characters, space
// included: CodeNonceInvalid.
func Nonce(s string) error {
	if len(s) == 0 || len(s) > maxNonce {
		return hubbub.Refuse(hubbub.CodeNonceInvalid, "a nonce has 1 to %d characters, not %d", maxNonce, len(s))
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return hubbub.Refuse(hubbub.CodeNonceInvalid, "a nonce is printable ASCII: character %d is not", i+1)
		}
	}
	return nil
}
