package text

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFold(t *testing.T) {
	for _, row := range []struct {
		why, a, b string
		same      bool
	}{
		{"case", "Mina", "mINA", true},
		{"width", "Mina", "Ｍｉｎａ", true},
		{"Greek, where the small form looks otherwise", "ΝΙΚΟΣ", "νικος", true},
		{"a ligature", "ﬁn", "fin", true},
		{"sharp s", "Strauß", "STRAUSS", true},
		{"Cherokee beside another letter", "ⱥꮜ", "ȺᏌ", true},
		{"Hangul in parts", "\u1112\u1161\u11ab", "한", true},
		{"the style of an emoji", "Ann ❤", "Ann ❤\ufe0f", true},
		{"other letters", "Mina", "Mona", false},
		{"an accent", "José", "Jose", false},
		{"a space", "Mina Kim", "MinaKim", false},
		{"looks alone do not count", "Mina", "Мina", false},
	} {
		if got := Fold(row.a) == Fold(row.b); got != row.same {
			t.Errorf("%s: %q and %q: %v (%q, %q)", row.why, row.a, row.b, got, Fold(row.a), Fold(row.b))
		}
	}
}

func TestShape(t *testing.T) {
	for _, row := range []struct {
		why, a, b string
		same      bool
	}{
		{"the same", "Mina", "Mina", true},
		{"a Cyrillic capital", "Mina", "Мina", true},
		{"all that can be Cyrillic", "scope", "ѕсоре", true},
		{"Greek and Cyrillic in one", "Nova", "Νονа", true},
		{"a small Greek nu is a v", "nova", "noνa", true},
		{"a large one is an N", "Nova", "Νova", true},
		{"small capitals", "Hanna", "Нanna", true},
		{"I and l", "Ian", "lan", true},
		{"1 and l", "al", "a1", true},
		{"a bar and l", "al", "a|", true},
		{"0 and O", "Bob", "B0b", true},
		{"rn and m", "modern", "rnodem", true},
		{"w and vv", "www", "vvvvvv", true},
		{"full width", "Mina", "Ｍｉｎａ", true},
		{"mathematical", "Mina", "𝕸𝖎𝖓𝖆", true},
		{"circled", "mina", "ⓜⓘⓝⓐ", true},
		{"dotless i", "Mina", "Mına", true},
		{"dashes", "a-b", "a–b", true},
		{"apostrophes", "d'Or", "d’Or", true},
		{"mixed", "PayPal", "РауРаӏ", true},
		{"other letters", "Mina", "Mona", false},
		{"an accent", "José", "Jose", false},
		{"Hangul is not looked into", "한", "햔", false},
		{"Kana is not looked into", "ニ", "二", false},
	} {
		if got := Shape(row.a) == Shape(row.b); got != row.same {
			t.Errorf("%s: %q and %q: %v (%q, %q)", row.why, row.a, row.b, got, Shape(row.a), Shape(row.b))
		}
	}
}

// TestFormsAreStable: what is compared is settled, or a name read from a store and
// one that is typed could differ.
func TestFormsAreStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name, err := Name(rapid.String().Draw(t, "name"))
		if err != nil {
			return
		}
		for what, form := range map[string]func(string) string{"fold": Fold, "shape": Shape} {
			once := form(name)
			if again := form(once); again != once {
				t.Fatalf("%s of %q is %q, of that %q", what, name, once, again)
			}
		}
	})
}

// TestCaseNeverCounts in the form that is for it, whatever the letters.
func TestCaseNeverCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.RuneFrom([]rune("abcxyzABCXYZåßéÉжЖяЯνΝσςΣ한글0#_ "))).Draw(t, "name")
		if Fold(s) != Fold(strings.ToUpper(s)) {
			t.Fatalf("%q: %q, in capitals %q", s, Fold(s), Fold(strings.ToUpper(s)))
		}
	})
}

func TestLooksArePlain(t *testing.T) {
	for r, plain := range looks {
		if further, ok := looks[plain]; ok && further != plain {
			t.Errorf("%q looks like %q, which looks like %q", r, plain, further)
		}
	}
}

func TestLink(t *testing.T) {
	for link, want := range map[string]bool{
		"https://a.example/p.png": true, "http://a": true, "https://한글.example/그림?x=1#y": true,
		"": false, "a.example": false, "//a.example": false, "https:///x": false, "javascript:alert(1)": false, "data:image/png;base64,x": false,
		"ftp://a.example": false, "https://a.example/\x00": false, "https://a.example/\u202e": false, "https://a.example/\n": false,
		"https://a/" + strings.Repeat("x", MaxLink): false,
	} {
		if Link(link) != want {
			t.Errorf("%q: %v", link, !want)
		}
	}
}
