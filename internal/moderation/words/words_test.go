package words

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func compile(t testing.TB, entries ...string) *List {
	t.Helper()
	l, err := Compile(entries)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestBlocks(t *testing.T) {
	for _, row := range []struct {
		why, entry, content string
		want                bool
	}{
		{"the word", "ass", "what an ass", true},
		{"not within a word", "ass", "a class act in Massachusetts", false},
		{"Scunthorpe", "cunt", "greetings from Scunthorpe", false},
		{"Nigeria", "niger", "Nigeria won", false},
		{"diabetes", "bete", "diabetes", false},
		{"case", "Ass", "ASS!", true},
		{"punctuation bounds a word", "ass", "(ass)", true},
		{"so does an underscore", "ass", "you_ass_you", true},
		{"and an apostrophe", "ass", "ass's", true},
		{"a digit does not", "ass", "ass2", false},
		{"the beginning and the end", "ass", "ass", true},
		{"full width", "ass", "ＡＳＳ", true},
		{"ligatures", "fist", "ﬁst", true},
		{"zero-width characters", "ass", "a\u200bs\u200ds", true},
		{"soft hyphens", "ass", "a\u00ads\u2060s", true},
		{"an accent makes another word", "ano", "feliz año", false},
		{"an accent as it is", "AÑO", "feliz an\u0303o", true},
		{"a final sigma", "ΛΌΓΟΣ", "ο λόγος", true},
		{"a phrase", "kill  yourself", "go kill\tyourself now", true},
		{"a phrase has bounds", "kill your", "kill yourself", false},
		{"Cyrillic is alphabetic", "рог", "порог", false},
		{"Arabic is alphabetic", "كلب", "يا كلب", true},
		{"a prefix", "ass*", "assorted", true},
		{"a prefix has a beginning", "ass*", "class", false},
		{"a suffix", "*ass", "class", true},
		{"a suffix has an end", "*ass", "classy", false},
		{"both", "*ass*", "classy", true},
		{"a star within is one", "f*ck", "f*ck", true},
		{"a star within is no wildcard", "f*ck", "fuck", false},
		{"particles attach", "바보", "이 바보야", true},
		{"at the beginning of a word", "바보", "꼬바보", false},
		{"re-send", "시발", "다시발송해 주세요", false},
		{"anywhere, if asked", "*시발", "다시발송해 주세요", true},
		{"after Latin", "바보", "ok바보", true},
		{"Latin before a particle", "ass", "ass를", true},
		{"letters alone", "ㅅㅂ", "아ㅅㅂ", true},
		{"letters after letters", "ㅅㅂ", "ㅇㅅㅂ", false},
		{"a laugh and a tear", "큐", "ㅋㅋㅠㅠ", false},
		{"half-width Hangul", "바보", "ﾊﾞ바보", true},
		{"Han", "傻瓜", "你是傻瓜吗", true},
		{"kana", "ばか", "おまえはばかだ", true},
		{"half-width kana", "バカ", "ﾊﾞｶ", true},
		{"Thai", "ควาย", "ไอ้ควายนี่", true},
		{"an emoji", "🖕", "take this🖕🏽", true},
		{"an emoji with a selector", "❤️", "I ❤ you", true},
		{"a digit as a letter", "shit", "sh1t", true},
		{"a sign as a letter", "shit", "oh $h!t", false}, // begins with a sign
		{"signs within", "shit", "oh sh!t!", true},
		{"a telephone", "ass", "my new a55", false},
		{"a number", "i", "1 and !", false},
		{"digits as they are", "h4x0r", "a h4x0r", true},
		{"Cyrillic among Latin", "ass", "аss", true},
		{"Cyrillic alone", "cop", "сор", false},
		{"Greek among Latin", "dope", "dοpe", true},
		{"mixed with what looks like nothing", "ass", "аssж", false},
		{"an expression", `/ba+d\b/`, "a BAAAD day", true},
		{"an expression without a match", `/^bad$/`, "a bad day", false},
		{"nothing of it", "ass", "", false},
	} {
		t.Run(row.why, func(t *testing.T) {
			if got := compile(t, "unlikely", row.entry, "verylikelynot").Blocks(row.content); got != row.want {
				t.Errorf("%q in %q: %v", row.entry, row.content, got)
			}
		})
	}
	if compile(t).Blocks("anything") || (*List)(nil).Blocks("anything") || (*List)(nil).Len() != 0 {
		t.Error("no list blocks")
	}
}

// TestTheManualIsTrue runs the table of docs/moderators.md.
func TestTheManualIsTrue(t *testing.T) {
	text, err := os.ReadFile("../../../docs/moderators.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)` \\|([^|]+)\\|([^|]*)\\|$").FindAllStringSubmatch(string(text), -1)
	if len(rows) < 8 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, row := range rows {
		l := compile(t, row[1])
		for i, want := range []bool{true, false} {
			for content := range strings.SplitSeq(row[2+i], "·") {
				if strings.TrimSpace(content) != "" && l.Blocks(content) != want {
					t.Errorf("%q in %q: %v", row[1], content, !want)
				}
			}
		}
	}
}

func TestFindSaysWhich(t *testing.T) {
	l := compile(t, "one", "/tw./", "three")
	for _, word := range []string{"one", "two", "three"} {
		if entry, ok := l.Find("and " + word); !ok || entry != word && entry != "/tw./" {
			t.Errorf("%s: %q", word, entry)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	for why, entries := range map[string][]string{
		"nothing":                          {"ok", " "},
		"a star alone":                     {"*"},
		"what cannot be seen":              {"\u200b"},
		"too long":                         {strings.Repeat("가", MaxLength+1)},
		"a line break":                     {"a\nb"},
		"not UTF-8":                        {"\xff"},
		"an expression that is none":       {"/(/"},
		"an expression of all":             {"/a*/"},
		"an expression that is too large":  {"/(a{100}b{100}){10}/"},
		"a look-behind, which RE2 has not": {"/(?<=a)b/"},
		"expressions that add up":          slices.Repeat([]string{"/" + strings.Repeat("(a|b|c)?x", 10) + "/"}, 50),
		"too many":                         slices.Repeat([]string{"a"}, MaxEntries+1),
	} {
		_, err := Compile(entries)
		var e *EntryError
		if !errors.As(err, &e) || e.Why == "" || !strings.HasPrefix(err.Error(), "entry ") {
			t.Errorf("%s: %v", why, err)
		}
	}
}

// A hostile expression costs its length for each octet, not more.
func TestHostileExpressionIsLinear(t *testing.T) {
	l := compile(t, `/(x+x+)+y/`, `/(.*){10}z$/`)
	if l.Blocks(strings.Repeat("x", 4<<10)) {
		t.Error("found")
	}
}

func TestParse(t *testing.T) {
	got := Parse([]byte("\ufeff# words\n one \r\n\n#\ntwo words\n*three*\nfour"))
	if want := []string{"one", "two words", "*three*", "four"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// alphabet has a character of every class, and what is folded away.
var alphabet = []rune("aAbs 1@!.е가나바ㅋㅅ日のกéＡ\u200b\u0332")

// TestBlocksAsTheModel holds lists against a matcher that looks for each entry by
// itself and then at what is before and after it.
func TestBlocksAsTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringOfN(rapid.SampledFrom(alphabet), 1, 4, -1)
		entries := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			return rapid.SampledFrom([]string{"", "", "*"}).Draw(t, "before") + word.Draw(t, "word") + rapid.SampledFrom([]string{"", "", "*"}).Draw(t, "after")
		}).Filter(sound), 0, 8).Draw(t, "entries")
		content := rapid.StringOfN(rapid.SampledFrom(alphabet), 0, 20, -1).Draw(t, "content")
		l, err := Compile(entries)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := l.Blocks(content), slices.ContainsFunc(entries, func(e string) bool { return modelBlocks(e, content) }); got != want {
			t.Fatalf("%q in %q: %v, want %v", entries, content, got, want)
		}
	})
}

// sound says whether an entry can be one, and begins with what is a character by
// itself.
func sound(entry string) bool {
	if len(keyOf(entry)) == 0 || strings.HasPrefix(entry, "/") {
		return false
	}
	first, _ := utf8.DecodeRune(core(entry))
	return !unicode.Is(unicode.M, first)
}

func core(entry string) []byte {
	text := strings.TrimSpace(entry)
	text = strings.TrimSuffix(text, "*")
	text = strings.TrimPrefix(text, "*")
	var s scratch
	s.fold(strings.TrimSpace(text))
	return s.folded
}

func modelBlocks(entry, content string) bool {
	var s scratch
	s.fold(content)
	read, _ := alike(nil, s.folded)
	return modelFinds(entry, []rune(string(s.folded))) || modelFinds(entry, []rune(string(read)))
}

func modelFinds(entry string, text []rune) bool {
	word := []rune(string(core(entry)))
	inText, inWord := classes(text), classes(word)
	first, last := inWord[0], inWord[len(word)-1]
	trimmed := strings.TrimSpace(entry)
	anywhere := strings.HasPrefix(strings.TrimSuffix(trimmed, "*"), "*")
	open := strings.HasSuffix(trimmed, "*")
	for at := 0; at+len(word) <= len(text); at++ {
		if !slices.Equal(text[at:at+len(word)], word) {
			continue
		}
		before, after := free, free
		if at > 0 {
			before = inText[at-1]
		}
		if end := at + len(word); end < len(text) {
			after = inText[end]
		}
		begins := anywhere || first == free || before != first
		ends := open || last != letter || after != letter
		if begins && ends {
			return true
		}
	}
	return false
}

func classes(text []rune) (list []class) {
	before := free
	for _, r := range text {
		if !unicode.Is(unicode.M, r) {
			before = classOf(r)
		}
		list = append(list, before)
	}
	return list
}

func TestAutomaton(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.StringOfN(rapid.SampledFrom([]rune("abc\x01")), 1, 6, -1), 0, 12).Draw(t, "keys")
		text := rapid.StringOfN(rapid.SampledFrom([]rune("abc\x01d")), 0, 40, -1).Draw(t, "text")
		var keys []key
		for i, k := range texts {
			keys = append(keys, key{k, int32(i)})
		}
		a := build(keys)
		if len(texts) == 0 {
			return
		}
		got := a.find([]byte(text))
		found := slices.ContainsFunc(texts, func(k string) bool { return strings.Contains(text, k) })
		if found != (got >= 0) || got >= 0 && !strings.Contains(text, texts[got]) {
			t.Fatalf("%q in %q: %d", texts, text, got)
		}
	})
}

// FuzzBlocks: whatever is listed and said, there is an answer, and it is the model's.
func FuzzBlocks(f *testing.F) {
	f.Add("ass\n바보\n*shit*\n/ba+d/", "what an a\u200bss 바보야 sh1t")
	f.Add("ＡＳＳ\nﾊﾞｶ\n🖕", "Ass ばか バカ")
	f.Add("\u0301a\n\u1100\u1161", "\xff\ufffd가\u0332")
	f.Fuzz(func(t *testing.T, list, content string) {
		if len(list) > 200 || len(content) > 1000 {
			return
		}
		for _, entry := range Parse([]byte(list)) {
			l, err := Compile([]string{entry})
			if err != nil {
				continue
			}
			got := l.Blocks(content)
			if _, is := expression(entry); is || !sound(entry) {
				continue
			}
			if want := modelBlocks(entry, content); got != want {
				t.Fatalf("%q in %q: %v, want %v", entry, content, got, want)
			}
		}
	})
}

// manyWords makes n words of letters that are like each other, as lists have them.
func manyWords(n int) (list []string) {
	random := rand.New(rand.NewPCG(1, 2))
	syllables := []string{"ka", "bo", "shi", "tra", "mu", "ne", "lor", "pix", "gan", "dü", "바", "보", "시", "발", "놈", "새", "끼", "년"}
	seen := map[string]bool{}
	for len(list) < n {
		half := random.IntN(2) * 10
		var word strings.Builder
		for range 2 + random.IntN(4) {
			word.WriteString(syllables[(half+random.IntN(8))%len(syllables)])
		}
		if !seen[word.String()] {
			seen[word.String()] = true
			list = append(list, word.String())
		}
	}
	return list
}

func TestManyWordsAreFound(t *testing.T) {
	list := manyWords(MaxEntries)
	l := compile(t, list...)
	for i, word := range list {
		if i%97 == 0 && !l.Blocks("well, "+word+" it is") {
			t.Errorf("%q is not found", word)
		}
	}
	if size := len(l.words.cells); size > 400_000 {
		t.Errorf("%d cells", size)
	}
}

// A check allocates nothing, once it has what it writes into.
func TestBlocksDoesNotAllocate(t *testing.T) {
	l := compile(t, manyWords(1000)...)
	for _, content := range []string{"hello there, nothing to see", "오늘 방송 진짜 재밌네요 ㅋㅋㅋ", "héllö 日本語 t3st а1l 😂"} {
		var s scratch
		s.find(&l.words, content)
		if n := testing.AllocsPerRun(100, func() { s.find(&l.words, content) }); n != 0 {
			t.Errorf("%q: %v allocations", content, n)
		}
	}
}

// BenchmarkBlocks is the check of one message against 10,000 words.
func BenchmarkBlocks(b *testing.B) {
	l := compile(b, manyWords(MaxEntries)...)
	for name, content := range map[string]string{
		"english": "that was the best play I have seen all season, honestly",
		"korean":  "오늘 방송 진짜 재밌네요 ㅋㅋㅋ 내일도 꼭 올게요",
		"mixed":   "GG 2 ez 4 me!! 日本から見てます 😂😂 café",
		"longest": string(bytes.Repeat([]byte("katrashimunelor "), 31)),
	} {
		b.Run(fmt.Sprintf("%s/%d", name, len(content)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if l.Blocks(content) {
					b.Fatal("blocked")
				}
			}
		})
	}
}

// BenchmarkCompile is how long a list of 10,000 words takes to be made.
func BenchmarkCompile(b *testing.B) {
	list := manyWords(MaxEntries)
	for b.Loop() {
		if _, err := Compile(list); err != nil {
			b.Fatal(err)
		}
	}
}
