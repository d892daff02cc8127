package summary

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
)

// A simulated is a window of which is known what people talk about.
type simulated struct {
	Input
	topics []string // most talked about first
}

// subjects are what rooms talk about, and the frames in which they do.
var subjects = map[string][]string{
	"ko": strings.Fields("고양이 마이크 보스 김치찌개 기타 자전거 축구 케이크 카메라 드래곤 함정 피아노 열쇠 우산 냉장고 운동화"),
	"en": strings.Fields("chicken microphone dragon kimchi guitar bicycle football cake camera trap piano key umbrella fridge lantern wizard"),
}

var about = map[string][]string{
	"ko": {"아까 %s 나온 장면 보셨어요", "저는 %s 때문에 들어왔어요", "%s 어디 갔나요?", "우리 집에도 %s 하나 있는데", "%s 진짜 웃기다 ㅋㅋㅋ", "친구가 %s 이야기만 해요", "%s 소개 영상 올려 주세요", "%s 색깔이 특이하네요"},
	"en": {"did you see the %s in that scene", "I only came for the %s", "where did the %s go?", "we have a %s at home as well", "that %s is hilarious lol", "my friend only talks about the %s", "please upload a clip with the %s", "strange color for a %s"},
}

// chatter returns the labelled lines of a language that classifiers learn from.
func chatter(t testing.TB, language string) (lines []Message) {
	t.Helper()
	content, err := os.ReadFile("../analysis/classify/data/" + language + ".tsv")
	if err != nil {
		t.Fatal(err)
	}
	for row := range strings.Lines(string(content)) {
		fields := strings.Split(strings.TrimSpace(row), "\t")
		if mood, ok := hubbub.ParseMood(fields[0]); ok {
			lines = append(lines, Message{Text: fields[2], Mood: mood})
		}
	}
	return lines
}

// room makes a window of n messages: a third is about three topics, the rest is
// chatter that goes on in other words.
func room(t testing.TB, seed uint64, n int) simulated {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, seed))
	language := []string{"ko", "en"}[seed%2]
	words, lines := subjects[language], chatter(t, language)
	s := simulated{}
	for _, i := range r.Perm(len(words))[:3] {
		s.topics = append(s.topics, words[i])
	}
	start := time.Date(2026, 1, 2, 20, 0, 0, 0, time.UTC)
	for i := range n {
		m := lines[r.IntN(len(lines))]
		if r.IntN(3) == 0 {
			frames := about[language]
			m = Message{Text: fmt.Sprintf(frames[r.IntN(len(frames))], s.topics[[]int{0, 0, 0, 1, 1, 2}[r.IntN(6)]]), Mood: hubbub.Other}
		}
		s.Messages = append(s.Messages, Message{
			ID: fmt.Sprintf("m%d", i), Position: hubbub.Position{Epoch: 1, N: uint64(i + 1)}, Sender: hubbub.UserID(fmt.Sprintf("u%d", r.IntN(n/2+1))),
			Text: m.Text + " " + noise(r, language), Mood: m.Mood, Time: start.Add(time.Duration(i) * time.Second),
		})
	}
	return s
}

// noise returns a word of chance, as names and typing errors are.
func noise(r *rand.Rand, language string) string {
	first, letters := 'a', 26
	if language == "ko" {
		first, letters = '가', 11172
	}
	var b strings.Builder
	for range 3 + r.IntN(3) {
		b.WriteRune(first + rune(r.IntN(letters)))
	}
	return b.String()
}

// TestPlantedTopicsAreFound: of the two topics that most talk about, at least 9 in
// 10 are told, over 60 windows.
func TestPlantedTopicsAreFound(t *testing.T) {
	planted, found := 0, 0
	for seed := range uint64(60) {
		in := room(t, seed, 120)
		s := Of(in.Input)
		checkAll(t, in.Input, s)
		for _, topic := range in.topics[:2] {
			planted++
			if strings.Contains(s.Text(), "“"+topic) {
				found++
			} else {
				t.Logf("window %d lacks %s: %s", seed, topic, s.Text())
			}
		}
	}
	if recall := float64(found) / float64(planted); recall < 0.9 {
		t.Errorf("%d of %d topics", found, planted)
	}
}

// TestQuotesDiffer: no two quotes of a summary have half of their words in common,
// so nothing is told twice.
func TestQuotesDiffer(t *testing.T) {
	for seed := range uint64(60) {
		in := room(t, seed, 200)
		w := read(in.Messages)
		quoted := map[int]bool{}
		for _, sentence := range Of(in.Input).Sentences {
			for i := range in.Messages {
				if strings.Contains(sentence.Text, quote(in.Messages[i].Text)) && slices.Contains(sentence.MessageIDs, in.Messages[i].ID) {
					quoted[i] = true
				}
			}
		}
		if len(quoted) < 4 {
			t.Errorf("window %d: %d quotes", seed, len(quoted))
		}
		for i := range quoted {
			for j := range quoted {
				if i != j && w.alike(i, j) >= tooAlike {
					t.Errorf("window %d quotes %q and %q", seed, in.Messages[i].Text, in.Messages[j].Text)
				}
			}
		}
	}
}
