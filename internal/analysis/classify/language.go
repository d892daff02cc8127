package classify

import "unicode"

// language tells the language by script: Hangul is ko, kana ja, Han alone zh,
// Latin en, the rest und. Latin as English is a guess, which holds as long as
// English is the only language in Latin letters that the starter has learnt.
// Laughter, emoji and digits say nothing; nor do single jamo, which all of chat uses.
func language(text string) string {
	var hangul, kana, han, latin int
	for _, r := range text {
		switch {
		case 0xac00 <= r && r <= 0xd7a3:
			hangul++
		case 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z':
			latin++
		case r < 0x80:
		case unicode.In(r, unicode.Hiragana, unicode.Katakana):
			kana++
		case unicode.Is(unicode.Han, r):
			han++
		}
	}
	switch {
	case hangul > 0 && 2*hangul >= kana+han && 4*hangul >= latin: // a syllable is worth several letters
		return "ko"
	case kana > 0 && 4*(kana+han) >= latin:
		return "ja"
	case han > 0 && 4*han >= latin:
		return "zh"
	case latin > 0:
		return "en"
	}
	return "und"
}
