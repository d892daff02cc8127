package text

import (
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Names are told apart by two forms. Fold is a name without case and width:
// Mina, MINA and Ｍｉｎａ are one. Shape is a name as it looks, a skeleton in the
// sense of Unicode TR 39: Мina with a Cyrillic М and Mina are one, and so are
// Ian and lan. Neither contains the other: Greek ν and Ν are one letter of which
// the small form looks like v and the large one like N.
//
// The reach of Shape: letters of the Cyrillic and Greek scripts that look like
// Latin ones, in either case; digits and signs that look like letters; small
// capitals and other Latin letters that look like plain ones; hyphens and
// apostrophes; and what NFKC takes together, such as full-width, mathematical and
// circled letters. Not in it: scripts beside these three, look-alikes within Han,
// Hangul and Kana, accents (José is not Jose) and letters turned or mirrored. It
// takes some pairs for one that a careful reader tells apart; a name that is
// refused for that can be changed a little.

// Fold returns the form of s in which case and width do not count.
func Fold(s string) string {
	return norm.NFKC.String(caseless(norm.NFKC.String(unstyled(s))))
}

// Shape returns the form of s in which look-alikes do not count.
func Shape(s string) string {
	s = strings.Map(plainest, norm.NFKD.String(unstyled(s)))
	s = strings.Map(plainest, norm.NFKD.String(caseless(s)))
	return norm.NFC.String(joined.Replace(s))
}

// caseless folds case. Cherokee alone is folded to its large letters, and by the
// library only where it changes something else too; so all is made small.
func caseless(s string) string { return strings.ToLower(cases.Fold().String(s)) }

// unstyled drops the selectors between text and emoji style.
func unstyled(s string) string {
	return strings.Map(func(r rune) rune {
		if emojiStyle(r) {
			return -1
		}
		return r
	}, s)
}

// joined are letters that look like two.
var joined = strings.NewReplacer("m", "rn", "w", "vv")

func plainest(r rune) rune {
	if plain, ok := looks[r]; ok {
		return plain
	}
	return r
}

// looks has for each look-alike the character that it is taken for.
var looks = lookAlikes(
	"AАΑᴀ", "BВΒʙ", "CСϹ", "EЕΕ", "FϜ", "GԌ", "HНΗʜ", "JЈͿ", "KКΚ", "MМΜᴍ", "NΝɴ", "PРΡ", "QԚ", "SЅ", "TТΤ", "VѴ", "WԜ", "XХΧ", "YУΥҮ", "ZΖ",
	"aаαɑ", "bвьЬ", "cсϲᴄ", "dԁᴅ", "eеᴇ", "fꜰ", "gɡɢԍ", "hнһҺ", "iіιıɩ", "jјϳȷᴊ", "kкκᴋ", "nпηո", "oоοσОΟOᴏ0", "pрρᴘ", "qԛ", "rгʀᴦ", "sѕꜱ",
	"tтτᴛ", "uυᴜʋ", "vνѵᴠ", "wωԝᴡ", "xхχ", "yуγүʏ", "zᴢ", "mм", "lӏӀІΙI1|ʟɪ", "3зЗʒƷ", "6б",
	"-‐‑‒–—―−", "'’‘‛ʼ′`ʹ", "#♯",
)

// lookAlikes reads rows of a character and those that look like it.
func lookAlikes(rows ...string) map[rune]rune {
	looks := map[rune]rune{}
	for _, row := range rows {
		var plain rune
		for i, r := range row {
			if i == 0 {
				plain = r
				continue
			}
			looks[r] = plain
		}
	}
	return looks
}
