package observer

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
)

// FuzzMessage: whatever is read the quick way is what any JSON reader would read.
func FuzzMessage(f *testing.F) {
	m := hubbub.Message{ID: "01932c07-7c5e-7abc-8def-000000000001", StreamID: "1", Sender: hubbub.Sender{ID: "user-1", Name: "민아"}, Content: "굴러 굴러!", CreatedAt: time.UnixMilli(1)}
	f.Add(m.AppendJSON(nil))
	m.Sender.Roles, m.Nonce = []string{"owner", "admin"}, "n-1"
	usual := m.AppendJSON(nil)
	f.Add(usual)
	m.Content = `a "quoted" \ text`
	f.Add(m.AppendJSON(nil))
	f.Add(append(usual[:len(usual):len(usual)], ' '))
	f.Add(usual[:len(usual)-1])
	f.Add([]byte(`{"id":"1","streamId":"","sender":{"id":"","name":"","profileImageUrl":"","roles":[,"x"]},"content":"","createdAt":""}`))
	f.Add([]byte(`{"id":"1","streamId":"","sender":{"id":"","name":"","profileImageUrl":"","roles":["x",]},"content":"","createdAt":""}`))
	f.Add([]byte("{\"id\":\"1\",\"streamId\":\"\xff\",\"sender\":{\"id\":\"\xff\",\"name\":\"\",\"profileImageUrl\":\"\",\"roles\":[]},\"content\":\"\xff\",\"createdAt\":\"\"}"))
	f.Fuzz(func(t *testing.T, value []byte) {
		var quick, any message
		ok := json.Unmarshal(value, &any) == nil
		if quick.readUsual(value) && (!ok || quick != any) {
			t.Fatalf("%q is read as %+v, it is %+v, %v", value, quick, any, ok)
		}
		if quick.read(value) != ok || ok && quick != any {
			t.Fatalf("%q is read as %+v, it is %+v, %v", value, quick, any, ok)
		}
	})
}

// What the chat server writes is read the quick way.
func TestTheUsualFormIsRead(t *testing.T) {
	for n := range 20 {
		var m message
		value := (&hubbub.Message{
			ID: "01932c07-7c5e-7abc-8def-000000000001", StreamID: "a", Sender: hubbub.Sender{ID: hubbub.UserID(fmt.Sprint("user-", n)), Name: "누구"},
			Content: strings.Repeat("하하 ", n+1), CreatedAt: time.UnixMilli(int64(n)),
		}).AppendJSON(nil)
		if !m.readUsual(value) || m.Content == "" || m.Sender.ID == "" || m.ID == "" {
			t.Errorf("%s is read as %+v", value, m)
		}
	}
}
