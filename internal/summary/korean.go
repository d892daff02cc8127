package summary

import "strings"

// koreanStem returns a Korean word without particles and common endings; noun
// says that it looks like one. It knows grammar, not words: 소리가, 소리도 and
// 소리예요 are 소리, 들려요 and 들리네요 stay two words, and 아이 keeps its 이,
// which cannot follow a vowel as a particle. 고양이 loses it, as 게임이 does.
func koreanStem(word string) (stem string, noun bool) {
	stem, noun = word, true
	for range 3 { // 고양이, 에서 and 는
		shorter, ending := cutEnding(stem)
		if ending == nil {
			break
		}
		stem, noun = shorter, ending.noun
	}
	return stem, noun
}

// An ending is what may follow the stem of a word.
type ending struct {
	text  string
	after final
	least int  // syllables that have to be left
	noun  bool // only nouns have it
}

// A final is what the syllable before an ending has to end in.
type final int

const (
	anything final = iota
	consonant
	vowel // or ㄹ, for 로
	openVowel
)

// endings are in the order in which they are tried: the longer first.
var endings = newEndings(
	endingRow{1, true, consonant, "이었어요 이랑은 이에요 이네요 이라니 이라도 이거든요 이었다 이랑 이나 이라 이야 이죠 이요 이고 으로 과"},
	endingRow{1, true, openVowel, "예요 랑은 랑 라도 였어요 였다"},
	endingRow{1, true, vowel, "로"},
	endingRow{1, true, anything, "입니다 인가요 인데요 인데 한테서 한테 에서 에게 까지 부터 처럼 보다 때문에 들이 들은 들을 들도"},
	endingRow{1, false, anything, "습니다 네요 어요 아요 나요 는"},
	endingRow{2, false, anything, "합니다 니다 해요 여요 와요 워요 까요 세요 셔요 에요 지요 죠 군요 거든요 더라고요 는데요 는데 은데 으면 으니까 니까 면서 아서 어서 해서 려고 지만 다가 더라 구나 잖아 했다 한다 었다 았다 겠다 겠네 하네 하다 하게 하고 하면 하는"},
	endingRow{1, true, consonant, "이"},
	endingRow{1, true, openVowel, "가 를 와"},
	endingRow{1, false, consonant, "은 을"},
	endingRow{2, true, anything, "에 의 도 만 님 들"},
	endingRow{2, false, anything, "요 다 네 고 서 면 게 까 냐 임 함 줘 봐"},
)

type endingRow struct {
	least int
	noun  bool
	after final
	texts string
}

func newEndings(rows ...endingRow) (endings []ending) {
	for _, row := range rows {
		for text := range strings.FieldsSeq(row.texts) {
			endings = append(endings, ending{text, row.after, row.least, row.noun})
		}
	}
	return endings
}

// cutEnding cuts an ending off a word; nil: it has none.
func cutEnding(word string) (rest string, cut *ending) {
	for i := range endings {
		e := &endings[i]
		if rest, ok := strings.CutSuffix(word, e.text); ok && e.follows(rest) {
			return rest, e
		}
	}
	return word, nil
}

func (e *ending) follows(rest string) bool {
	const size = 3 // bytes of a syllable
	if len(rest) < e.least*size {
		return false
	}
	last := []rune(rest[len(rest)-size:])[0]
	const finals, rieul = 28, 8
	switch f := (last - 0xac00) % finals; e.after {
	case consonant:
		return f != 0
	case openVowel:
		return f == 0
	case vowel:
		return f == 0 || f == rieul
	}
	return true
}
