package classify

import "strings"

// The starter's toxicity and spam are short lists and marks, enough to fill the
// fields honestly: a hit means something, a miss means little.
var (
	insults = newList(`시발|씨발|ㅅㅂ|ㅆㅂ|병신|ㅂㅅ|개새끼|새끼|꺼져|닥쳐|지랄|미친놈|미친년|좆|한남|한녀|
		_fuck|_shit_|bitch|asshole|_idiot|_moron|_retard|_kys_|_stfu|_loser|_scum_|kill yourself`)
	harmless = newList(`시발점|시발역|새끼손가락|새끼 고양이|새끼고양이|새끼강아지`)
	lures    = newList(`http:|https:|_www.|.com/|_bit.ly|_t.me/|discord.gg|_free followers|_free viewers|cheap viewers|buy followers|_promo code|_dm me|click here|
		무료 충전|카톡 문의|텔레그램|첫충|꽁머니|구독자 판매|뷰봇|오픈채팅`)
)

func newList(list string) cueTree {
	tree := cueTree{}
	for line := range strings.Lines(list) {
		for word := range strings.SplitSeq(strings.Trim(line, "\t\n"), "|") {
			tree.plant(strings.ReplaceAll(word, "_", " "), 1)
		}
	}
	return tree
}

func (t cueTree) hits(text []rune) (n int) {
	for i := range text {
		if found, _ := t.at(text[i:]); found != 0 {
			n++
		}
	}
	return n
}

func toxicity(text []rune) float32 {
	switch hits := insults.hits(text) - harmless.hits(text); {
	case hits >= 2:
		return 0.95
	case hits == 1:
		return 0.8
	}
	return 0.05
}

func spam(text []rune) float32 {
	switch hits := lures.hits(text); {
	case hits >= 2:
		return 0.95
	case hits == 1:
		return 0.6
	}
	return 0.05
}

// Abuse returns how toxic a text is and how much it looks like spam, each 0 to
// 1, as the starter reads it, to those who know its mood already.
func Abuse(text string) (toxic, spamming float32) {
	runes := normalise(nil, text)
	return toxicity(runes), spam(runes)
}
