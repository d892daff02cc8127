package drive

import (
	"strconv"

	"github.com/hubbub-live/hubbub/internal/lab/books"
)

// lines are what viewers of a stream say, of every mood, in both languages: the
// analyser shall have its usual work.
var lines = [...]string{
	"what a play, did you all see that one too",
	"와 진짜 잘한다 오늘 폼 미쳤다",
	"this is the best stream I have watched all week",
	"오늘 방송 너무 재밌어요 감사합니다",
	"lol that was so close, I cannot breathe",
	"ㅋㅋㅋㅋㅋㅋㅋ 아 진짜 웃겨",
	"which settings do you use for the microphone?",
	"이거 무슨 게임이에요? 처음 보는데",
	"the sound is too quiet, please turn it up a little",
	"화면이 좀 끊기는데 비트레이트 낮춰 보세요",
	"you should go left at the next corner and wait there",
	"거기서는 방패부터 드는 게 좋아요",
	"this is boring, nothing has happened for ten minutes",
	"아 왜 이렇게 못해 답답하다",
	"hello from Busan, just came home from work",
	"저녁 먹고 왔는데 지금 무슨 상황인가요",
}

// text is what m says: one of the lines, and which message it is.
func text(m books.Mark) string {
	return lines[(m.Client*7+m.Number*3)%len(lines)] + " " + strconv.Itoa(m.Client) + "/" + strconv.Itoa(m.Number)
}
