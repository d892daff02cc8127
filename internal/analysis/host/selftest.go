package host

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis/classify"
	"github.com/hubbub-live/hubbub/internal/analysis/hostwire"
)

// SelfTest is a digest of what a host makes of the golden batch: its partials, and the
// outcomes of merging them. It is another when moods, tallies, states or results are.
func SelfTest(c classify.Classifier) (digest [32]byte) {
	h := New(Options{Epoch: 1, Classifier: c})
	h.batch = GoldenBatch()
	tallies := h.tally()
	sum := sha256.New()
	for i := range tallies.Partials {
		p := &tallies.Partials[i]
		sum.Write(p.Key)
		sum.Write(p.Tally)
		outcome, err := h.merge(&hostwire.Room{Key: p.Key, Partials: [][]byte{p.Tally}, Progress: GoldenProgress})
		if err != nil {
			panic(fmt.Sprintf("the host cannot read what it wrote: %v", err))
		}
		sum.Write(outcome.State)
		for _, out := range outcome.Outputs {
			sum.Write(out.Value)
		}
	}
	return [32]byte(sum.Sum(nil))
}

var goldenTexts = []string{
	"와 진짜 잘한다", "ㅋㅋㅋㅋㅋ", "이거 언제 끝나요?", "what a play!!", "this is so boring", "try going left first", "lol", "지루해요", "왼쪽으로 가보세요", "안녕하세요 \"여러분\"",
}

const goldenStart = 1_735_689_600_000 // 2025-01-01, ms

// GoldenProgress is that of merging the golden batch.
var GoldenProgress = hostwire.Progress{Through: 299, ThroughTime: goldenStart + 149_500, End: 299, EndTime: goldenStart + 149_500, Now: goldenStart + 150_000}

// GoldenBatch is 300 records of three rooms over two and a half minutes, some of them no
// messages: what vectors and self-test are made of.
func GoldenBatch() hostwire.Batch {
	var b hostwire.Batch
	for i := range 300 {
		at := int64(goldenStart + i*500)
		stream := "room-" + strconv.Itoa(i%7%3+1)
		m := hubbub.Message{
			ID: hubbub.MessageID(fmt.Sprintf("019421e0-0000-7000-8000-%012d", i)), StreamID: hubbub.StreamID(stream),
			Sender:  hubbub.Sender{ID: hubbub.UserID("user-" + strconv.Itoa(i*i%41)), Name: "골든 " + strconv.Itoa(i%5)},
			Content: goldenTexts[i*i%len(goldenTexts)], CreatedAt: time.UnixMilli(at).UTC(),
		}
		r := hostwire.Record{
			Partition: uint32(i % 7 % 3), Offset: int64(i), Time: at, Key: []byte(stream), //nolint:gosec // small
			Headers: []hostwire.Header{{Key: "v", Value: []byte("1")}}, Value: m.AppendJSON(nil),
		}
		switch i {
		case 50:
			r.Headers = append(r.Headers, hostwire.Header{Key: "kind", Value: []byte(hubbub.KindControl)})
		case 51:
			r.Headers[0].Value = []byte("99")
		case 52:
			r.Value, r.Headers = []byte("not JSON"), nil
		case 53:
			r.Value = nil
		}
		b.Records = append(b.Records, r)
	}
	return b
}
