package summary

import "testing"

func TestPlainStem(t *testing.T) {
	for word, want := range map[string]string{
		"this":       "this", // grammar, no plural: once told as the topic “thi”
		"bosses":     "bosse",
		"jumps":      "jump",
		"boss":       "boss",
		"streamer's": "streamer",
	} {
		if got := plainStem(word); got != want {
			t.Errorf("plainStem(%q) = %q, want %q", word, got, want)
		}
	}
}
