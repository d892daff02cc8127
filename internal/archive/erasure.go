package archive

import (
	"time"

	"github.com/hubbub-live/hubbub"
)

// ErasedSender is the sender's id in the value of an erased message.
const ErasedSender hubbub.UserID = "erased"

// ErasureReach is how long after Erase a message's log time may be for the
// erasure to cover it: sessions of an erased account end within 10 s, and the
// log's clock may differ from the archive's. What the same user id says later was
// said after coming back (ids may be given by another site), and is kept.
const ErasureReach = time.Minute

// Blank returns the value of a message without its text, name, picture, roles,
// nonce and sender's id. The result is valid JSON whatever value is.
func Blank(value []byte) []byte {
	m, _ := hubbub.ParseMessage(value) // what could be read is kept, if it is no text
	return (&hubbub.Message{
		ID: m.ID, StreamID: m.StreamID, CreatedAt: m.CreatedAt,
		Sender: hubbub.Sender{ID: ErasedSender},
	}).AppendJSON(nil)
}
