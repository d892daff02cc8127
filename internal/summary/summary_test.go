package summary

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var quotes = regexp.MustCompile("“([^“”]*)”")

type failer interface {
	Helper()
	Errorf(format string, args ...any)
}

// checkAll checks what holds for every summary.
func checkAll(t failer, in Input, s Summary) {
	t.Helper()
	if err := Check(in, s); err != nil {
		t.Errorf("%v", err)
	}
	texts := map[string]string{}
	for _, m := range in.Messages {
		texts[m.ID] += "\n" + strings.ToLower(m.Text)
	}
	if (len(s.Sentences) == 0) != (len(in.Messages) == 0) {
		t.Errorf("%d sentences of %d messages", len(s.Sentences), len(in.Messages))
	}
	for _, sentence := range s.Sentences {
		cited := ""
		for _, id := range sentence.MessageIDs {
			cited += texts[id]
		}
		for _, q := range quotes.FindAllStringSubmatch(sentence.Text, -1) {
			if part := strings.ToLower(strings.TrimSuffix(q[1], "…")); !strings.Contains(cited, part) {
				t.Errorf("no cited message says %q", part)
			}
		}
		if len(sentence.MessageIDs) > maxCited {
			t.Errorf("%d citations", len(sentence.MessageIDs))
		}
	}
	text := s.Text()
	if len(s.Sentences) > MaxSentences || len(text) > MaxBytes || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		t.Errorf("%d sentences, %d bytes: %q", len(s.Sentences), len(text), text)
	}
}
