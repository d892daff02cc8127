package costly

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub/internal/analysis/classify"
)

func TestCostly(t *testing.T) {
	const takes = 5 * time.Millisecond
	model := httptest.NewServer(Model{takes})
	defer model.Close()
	plain := classify.NewStarter()
	costly := New(plain, model.URL)
	if err := costly.Check(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for _, text := range []string{"what a play!", "ㅋㅋㅋㅋ", "언제 끝나요?"} {
		var want, got classify.Reading
		plain.Classify(text, &want)
		costly.Classify(text, &got)
		if got.Mood != want.Mood {
			t.Errorf("%s is %v, not %v", text, got.Mood, want.Mood)
		}
	}
	if took := time.Since(began); took < 3*takes {
		t.Errorf("three messages took %v", took)
	}
	costly.client.CloseIdleConnections()
	if err := New(plain, model.URL+"\x00").Check(); err == nil {
		t.Error("a URL that is none is asked")
	}
	if err := costly.Err(); err != nil {
		t.Errorf("it always answered: %v", err)
	}
	model.Close()
	var reading classify.Reading
	if costly.Classify("anybody?", &reading); costly.Err() == nil {
		t.Error("that it does not answer is not told")
	}
	if err := costly.Check(); err == nil || !strings.Contains(err.Error(), model.URL) {
		t.Errorf("a model that is gone: %v", err)
	}
}
