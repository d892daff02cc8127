package analysis

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub"
)

func termsOf(text string) (list []string) {
	s := termScanner{rest: text}
	for s.next() {
		list = append(list, string(s.term.text()))
	}
	return list
}

func TestTerms(t *testing.T) {
	for _, c := range []struct{ why, text, want string }{
		{"nothing", "", ""},
		{"spaces", "  \t ", ""},
		{"lower case", "Faker CLUTCH", "faker clutch"},
		{"signs around a word", `"faker", (clutch)!!! @mina #win`, "faker clutch mina win"},
		{"signs within", "and/or youtube.com https://a.b/c well-played 3-1 x=y", ""},
		{"numbers and single letters", "1 42 x 9:30 가", ""},
		{"letters and digits", "mp3 2024년", "mp3 2024년"},
		{"long runs", "goooooal ㅋㅋㅋㅋㅋㅋㅋ 😂😂😂😂 LOOOOL", "gooal ㅋㅋ 😂 lool"},
		{"emoji with colour and style", "👍🏻 👍🏿👍 ❤️", "👍 👍 ❤"},
		{"emoji beside a word", "gg🔥", "gg🔥"},
		{"words of every talk", "the 진짜 it's is 그냥", ""},
		{"apostrophes", "can't won’t rock'n'roll", "rocknroll"},
		{"as long as it may be", strings.Repeat("ab", 12) + " " + strings.Repeat("ab", 12) + "a", strings.Repeat("ab", 12)},
		{"as long as it may be, Hangul", "가나다라마바사아 가나다라마바사아자", "가나다라마바사아"},
		{"no UTF-8", "\xff\xfe fine\xff no\xffne", "fine"},
		{"NUL", "a\x00b", ""},
	} {
		if got := strings.Join(termsOf(c.text), " "); got != c.want {
			t.Errorf("%s: of %q the terms are %q, want %q", c.why, c.text, got, c.want)
		}
	}
}

func FuzzTerms(f *testing.F) {
	f.Add("Faker CLUTCH 👍🏻 ㅋㅋㅋㅋ \xff")
	f.Fuzz(func(t *testing.T, text string) {
		for _, term := range termsOf(text) {
			if again := termsOf(term); len(term) == 0 || len(term) > maxTerm || len(again) != 1 || again[0] != term {
				t.Fatalf("of %q the term %q has the terms %q", text, term, again)
			}
		}
	})
}

// exactTrends counts the plain way, of all messages in the window that ends with the
// newest.
func exactTrends(list []Observation) map[string]uint64 {
	newest := uint64(0)
	for _, o := range list {
		newest = max(newest, bucketOf(o.Time))
	}
	users := map[string]map[uint64]bool{}
	for _, o := range list {
		if bucketOf(o.Time)+windowBuckets <= newest {
			continue
		}
		for _, term := range termsOf(o.Text) {
			if users[term] == nil {
				users[term] = map[uint64]bool{}
			}
			users[term][o.Sender] = true
		}
	}
	counts := map[string]uint64{}
	for term, by := range users {
		counts[term] = uint64(len(by))
	}
	return counts
}

// Few users of few terms are counted exactly; ties are by name.
func TestTrendsOfASmallRoomAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []Observation
		var tally Tally
		for n := range rapid.IntRange(0, 200).Draw(t, "messages") {
			user := rapid.IntRange(0, sampledUsers-1).Draw(t, "user")
			o := Observation{
				Sender: sender(user), Time: start.Add(time.Duration(n) * time.Second),
				Text: fmt.Sprintf("word%d word%d", rapid.IntRange(0, 7).Draw(t, "term"), user%8),
			}
			list = append(list, o)
			tally.Add(o)
		}
		var want []Trend
		for term, users := range exactTrends(list) {
			if users >= trendingUsers {
				want = append(want, Trend{term, users})
			}
		}
		slices.SortFunc(want, func(a, b Trend) int {
			if a.Users != b.Users {
				return int(b.Users) - int(a.Users)
			}
			return strings.Compare(a.Term, b.Term)
		})
		if got := tally.Trending(time.Time{}); !slices.Equal(got, want[:min(len(want), trendingTerms)]) {
			t.Fatalf("trending is %v, want %v", got, want)
		}
	})
}

// TestTrendsWithinTheStatedError: a term that a share of many users use, among much
// that everybody says alone.
func TestTrendsWithinTheStatedError(t *testing.T) {
	sum, n := 0.0, 0
	for _, users := range []int{65, 100, 300, 1_000, 5_000} {
		for _, share := range []float64{0.05, 0.2, 0.7, 1} {
			for room := range 5 {
				var tally Tally
				var list []Observation
				for i := range users {
					text := fmt.Sprintf("own%d", i)
					if float64(i*7919%users) < share*float64(users) {
						text += " goal"
					}
					o := Observation{Sender: SenderHash(hubbub.UserID(fmt.Sprint(room, "-", i))), Time: start.Add(time.Duration(i%50) * 100 * time.Millisecond), Text: text}
					list = append(list, o)
					tally.Add(o)
				}
				exact := float64(exactTrends(list)["goal"])
				got := 0.0
				for _, trend := range tally.Trending(time.Time{}) {
					if trend.Term == "goal" {
						got = float64(trend.Users)
					}
				}
				// All are in one bucket, so its users are those of the window.
				standard := math.Sqrt(exact * float64(users) / (sampledUsers / 2))
				if off := math.Abs(got - exact); off > 4*standard {
					t.Errorf("%d users, of which %.0f say it: trending has %.0f, %.1f standard errors off", users, exact, got, off/standard)
				} else {
					sum += off * off / (standard * standard)
					n++
				}
			}
		}
	}
	if mean := sum / float64(n); mean > 1 {
		t.Errorf("the mean square error is %.2f times what is stated", mean)
	}
}

// What a user says beyond eight terms in five seconds is left out, whatever the order.
func TestTermsOfAUserAreBounded(t *testing.T) {
	var words []string
	for i := range 40 {
		words = append(words, fmt.Sprintf("word%d", i))
	}
	var first, second usages
	first.add(7, strings.Join(words, " "))
	slices.Reverse(words)
	for _, word := range words {
		second.add(7, word)
	}
	if len(first.list) != userTerms || !slices.Equal(first.list, second.list) {
		t.Errorf("kept are %d and %d", len(first.list), len(second.list))
	}
}

func TestTrendingOfOneIsNotShown(t *testing.T) {
	var tally Tally
	for i := range 5 {
		tally.Add(Observation{Sender: sender(1), Time: start.Add(time.Duration(i) * time.Second), Text: "secret"})
	}
	if got := tally.Trending(start); len(got) != 0 {
		t.Errorf("trending is %v, said by one", got)
	}
	tally.Add(Observation{Sender: sender(2), Time: start, Text: "Secret!"})
	if got := tally.Trending(start); !slices.Equal(got, []Trend{{"secret", 2}}) {
		t.Errorf("trending is %v", got)
	}
	if got := tally.Trending(start.Add(2 * time.Minute)); len(got) != 0 {
		t.Errorf("two minutes later trending is %v", got)
	}
}

func TestUsagesAreBounded(t *testing.T) {
	var s usages
	for i := range 20_000 {
		s.add(sender(i%3000), fmt.Sprintf("word%d and word%d", i, i*31))
	}
	if s.users > sampledUsers || s.users < sampledUsers/4 || len(s.list) > sampledUsers*userTerms || s.level == 0 {
		t.Errorf("%d users, %d usages, level %d", s.users, len(s.list), s.level)
	}
}
