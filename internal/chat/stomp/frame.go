package stomp

// The commands of the protocol.
const (
	// From the client.
	Connect     = "CONNECT"
	Stomp       = "STOMP" // CONNECT by another name, from 1.1 on
	Send        = "SEND"
	Subscribe   = "SUBSCRIBE"
	Unsubscribe = "UNSUBSCRIBE"
	Ack         = "ACK"
	Nack        = "NACK"
	Begin       = "BEGIN"
	Commit      = "COMMIT"
	Abort       = "ABORT"
	Disconnect  = "DISCONNECT"

	// From the server.
	Connected    = "CONNECTED"
	MessageFrame = "MESSAGE"
	Receipt      = "RECEIPT"
	Error        = "ERROR"
)

// A Frame is one decoded frame. Its slices alias the decoder's input and are
// valid only until the function they were handed to returns; its strings, and
// those that Get returns, may be kept.
type Frame struct {
	Command string
	Headers []Header // in the order received, unescaped, repeated ones included
	Body    []byte
}

// A Header is one header of a decoded frame.
type Header struct{ Name, Value []byte }

// Get returns a copy of the first header of that name, which is the one that
// counts.
func (f *Frame) Get(name string) (value string, ok bool) {
	v, ok := f.Value(name)
	return string(v), ok
}

// Value is Get without the copy: value is valid as long as the frame.
func (f *Frame) Value(name string) (value []byte, ok bool) {
	for i := range f.Headers {
		if string(f.Headers[i].Name) == name {
			return f.Headers[i].Value, true
		}
	}
	return nil, false
}

// command returns the constant equal to name, so that known commands cost no
// allocation.
func command(name []byte) string {
	switch string(name) {
	case Send:
		return Send
	case MessageFrame:
		return MessageFrame
	case Receipt:
		return Receipt
	case Subscribe:
		return Subscribe
	case Unsubscribe:
		return Unsubscribe
	case Connect:
		return Connect
	case Stomp:
		return Stomp
	case Connected:
		return Connected
	case Disconnect:
		return Disconnect
	case Error:
		return Error
	case Ack:
		return Ack
	case Nack:
		return Nack
	case Begin:
		return Begin
	case Commit:
		return Commit
	case Abort:
		return Abort
	}
	return string(name)
}

// opening says whether command is one whose headers are never escaped, since
// no version is agreed when it is sent.
func opening(command string) bool {
	return command == Connect || command == Connected || command == Stomp
}
