package text

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hubbub-live/hubbub"
	"golang.org/x/text/unicode/norm"
)

var limits = Limits{Characters: 20, Bytes: 200}

// outcome returns what a text became, or the code with which it was refused.
func outcome(t *testing.T, s string, err error) string {
	t.Helper()
	if err == nil {
		return s
	}
	var refusal *hubbub.Error
	if !errors.As(err, &refusal) || refusal.Message == "" || s != "" {
		t.Errorf("not a proper refusal: %q, %v", s, err)
	}
	return string(refusal.Code)
}

func TestContent(t *testing.T) {
	const family = "👨\u200d👩\u200d👧\u200d👦"
	for _, test := range []struct{ name, in, want string }{
		{"ASCII", "hello, world", "hello, world"},
		{"Korean", "안녕하세요 ㅋㅋㅋ ㅠㅠ", "안녕하세요 ㅋㅋㅋ ㅠㅠ"},
		{"markup is text; showing it is the page's business", "<script>x</script>", "<script>x</script>"},
		{"Korean as macOS decomposes it", "\u1112\u1161\u11ab\u1100\u1173\u11af", "한글"},
		{"Latin decomposed", "cafe\u0301", "café"},
		{"a base with accents of its own keeps them", "q\u0301\u0323", "q\u0323\u0301"},
		{"space around it", "  \u3000 hi \u00a0", "hi"},
		{"spaces inside are the writer's", "a  b", "a  b"},
		{"line breaks and tabs", "a\nb\r\nc\td\u2028e\u0085f", "a b c d e f"},
		{"a run of them is one space", "a\n\n\t\r\nb", "a b"},
		{"at the ends they vanish", "\n\ta\r\n", "a"},
		{"direction marks are needed in mixed text", "\u200fאב\u200e!", "\u200fאב\u200e!"},
		{"Arabic with a joiner", "می\u200cخواهم", "می\u200cخواهم"},
		{"8 marks on a base", "e" + strings.Repeat("\u0332", 8), "e" + strings.Repeat("\u0332", 8)},
		{"Thai", "ก็ดี น้ำ", "ก็ดี น้ำ"},
		{"keycap and flag", "1\ufe0f\u20e3🇰🇷", "1\ufe0f\u20e3🇰🇷"},
		{"20 families are 20 characters", strings.Repeat("🇰🇷", 20), strings.Repeat("🇰🇷", 20)},
		{"8 families are 8 characters, though 200 bytes", strings.Repeat(family, 8), strings.Repeat(family, 8)},
		{"20 syllables", strings.Repeat("한", 20), strings.Repeat("한", 20)},
		{"20 decomposed syllables", strings.Repeat("\u1112\u1161\u11ab", 20), strings.Repeat("한", 20)},

		{"nothing", "", "content_empty"},
		{"spaces", " \n\t\u3000", "content_empty"},
		{"Hangul fillers, which look like nothing", "\u3164\u3164", "content_empty"},
		{"zero-width characters", "\u200b\u200d\ufeff\ufe0f", "content_empty"},
		{"tags without a flag", "\U000e0061\U000e007f", "content_empty"},
		{"empty Braille", "\u2800", "content_empty"},
		{"21 characters", strings.Repeat("x", 21), "content_too_long"},
		{"21 syllables", strings.Repeat("한", 21), "content_too_long"},
		{"21 flags", strings.Repeat("🇰🇷", 21), "content_too_long"},
		{"few characters of many bytes", strings.Repeat(family, 9), "content_too_long"},
		{"invalid UTF-8", "a\xffb", "content_invalid"},
		{"a surrogate in UTF-8", "\xed\xa0\x80", "content_invalid"},
		{"NUL", "a\x00b", "content_invalid"},
		{"bell", "\a", "content_invalid"},
		{"vertical tab", "a\vb", "content_invalid"},
		{"delete", "a\x7f", "content_invalid"},
		{"C1 control", "a\u009b31m", "content_invalid"},
		{"right-to-left override", "abc\u202etxt", "content_invalid"},
		{"embedding", "\u202bx", "content_invalid"},
		{"isolate", "\u2067x", "content_invalid"},
		{"zalgo", "e" + strings.Repeat("\u0332", 9), "content_invalid"},
		{"100 marks", "e" + strings.Repeat("\u0301", 100), "content_invalid"},
		{"zalgo with joiners between", "e" + strings.Repeat("\u0332\u200d", 9), "content_invalid"},
		{"Hangul vowels piled on one initial", "\u1112" + strings.Repeat("\u1161", 9), "content_invalid"},
		{"marks that normalising doubles", "e" + strings.Repeat("\u0344", 5), "content_invalid"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Content(test.in, limits)
			if got := outcome(t, got, err); got != test.want {
				t.Errorf("got %+q, want %+q", got, test.want)
			}
		})
	}
}

func TestContentWithoutLimits(t *testing.T) {
	if got, err := Content(strings.Repeat("x", 4096), Limits{}); err != nil || len(got) != 4096 {
		t.Errorf("4 KiB: got %d bytes, %v", len(got), err)
	}
	if _, err := Content(strings.Repeat("x", 4097), Limits{}); hubbub.AsError(err).Code != hubbub.CodeContentTooLong {
		t.Errorf("one byte more: got %v", err)
	}
}

func TestTooLongSaysTheSize(t *testing.T) {
	for in, want := range map[string]string{
		strings.Repeat("👍🏽", 21): "the message has 21 characters, and 20 are the most",
		strings.Repeat("x", 201): "the message has 201 bytes, and 200 are the most",
	} {
		if _, err := Content(in, limits); hubbub.AsError(err).Message != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestName(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"plain", "Ann", "Ann"},
		{"Korean, decomposed", "\u1112\u1161\u11ab", "한"},
		{"spaces", "  Ann \u3000 Lee ", "Ann Lee"},
		{"an emoji", "Ann ❤\ufe0f 👍🏽", "Ann ❤\ufe0f 👍🏽"},
		{"32 characters", strings.Repeat("👍🏽", 32), strings.Repeat("👍🏽", 32)},
		{"markup is text", "<b>", "<b>"},

		{"empty", "", "name_invalid"},
		{"spaces only", " \u00a0", "name_invalid"},
		{"33 characters", strings.Repeat("x", 33), "name_invalid"},
		{"few characters of many bytes", strings.Repeat("e\u0332\u0333\u0332\u0333\u0332\u0333", 20), "name_invalid"},
		{"line break", "Ann\nLee", "name_invalid"},
		{"paragraph separator", "Ann\u2029Lee", "name_invalid"},
		{"tab", "Ann\tLee", "name_invalid"},
		{"NUL", "Ann\x00", "name_invalid"},
		{"zero-width space, to look like another", "An\u200bn", "name_invalid"},
		{"joiner", "👨\u200d👩", "name_invalid"},
		{"override", "\u202ennA", "name_invalid"},
		{"direction mark", "Ann\u200f", "name_invalid"},
		{"filler", "\u3164", "name_invalid"},
		{"soft hyphen", "An\u00adn", "name_invalid"},
		{"a style without a character", "\ufe0f", "name_invalid"},
		{"begins with a mark, which would land on what stands before it", "\u0301Ann", "name_invalid"},
		{"zalgo", "A" + strings.Repeat("\u0332", 9), "name_invalid"},
		{"invalid UTF-8", "Ann\xff", "name_invalid"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Name(test.in)
			if got := outcome(t, got, err); got != test.want {
				t.Errorf("got %+q, want %+q", got, test.want)
			}
		})
	}
}

func TestNonce(t *testing.T) {
	for in, want := range map[string]string{
		"01JD-x:y\\ ~":          "",
		strings.Repeat("x", 64): "",
		strings.Repeat("x", 65): "nonce_invalid",
		"":                      "nonce_invalid",
		"a\n":                   "nonce_invalid",
		"é":                     "nonce_invalid",
		"a\x7f":                 "nonce_invalid",
	} {
		if got := outcome(t, "", Nonce(in)); got != want {
			t.Errorf("Nonce(%q): got %q, want %q", in, got, want)
		}
	}
}

// check holds for every text that is accepted.
func check(t *testing.T, out string, again string, err error) {
	t.Helper()
	switch {
	case err != nil || again != out:
		t.Errorf("not idempotent: %+q became %+q, %v", out, again, err)
	case !utf8.ValidString(out), !norm.NFC.IsNormalString(out), strings.TrimSpace(out) != out, stacked(out), out == "":
		t.Errorf("not a stored form: %+q", out)
	case strings.ContainsAny(out, "\x00\n\r\t\u2028\u202e"):
		t.Errorf("has what it must not have: %+q", out)
	}
}

func seeds(f *testing.F) {
	for _, s := range []string{"hello", "안녕 ㅋㅋ", "\u1112\u1161\u11ab", "a\nb", "e\u0301\u0344\u0332", "👨\u200d👩", " x ",
		"\u0f73\u0f71", strings.Repeat("\u1161", 40), "\u2000a\u2001", "\u0958\u093c", "\u3164"} {
		f.Add(s)
	}
}

func FuzzContent(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, s string) {
		if out, err := Content(s, Limits{}); err == nil {
			again, err := Content(out, Limits{})
			check(t, out, again, err)
		}
	})
}

func FuzzName(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, s string) {
		if out, err := Name(s); err == nil {
			again, err := Name(out)
			check(t, out, again, err)
		}
	})
}

func BenchmarkContent(b *testing.B) {
	for _, bench := range []struct{ name, text string }{
		{"english", "that was an amazing play, how did you even see that coming?"},
		{"korean", "와 진짜 대박이다 ㅋㅋㅋㅋ 어떻게 저걸 봤지?"},
		{"emoji", "와 진짜 대박이다 ㅋㅋㅋㅋ 👏👏👏 어떻게 저걸 봤지? 👨\u200d👩\u200d👧"},
		{"long", strings.Repeat("대박 👏 ", 100)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Content(bench.text, Limits{Characters: 500, Bytes: 4096}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
