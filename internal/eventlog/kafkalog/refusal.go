package kafkalog

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/hubbub-live/hubbub/internal/engine"
)

// An untrusted is the hook that ends an opening once a broker's certificate is refused:
// the client would try again until its time is over, and then tell of that alone.
type untrusted struct{ end context.CancelCauseFunc }

var _ kgo.HookBrokerConnect = untrusted{}

// OnBrokerConnect looks at how a connection was refused.
func (u untrusted) OnBrokerConnect(_ kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	if engine.Untrusted(err) {
		u.end(err)
	}
}

// refused says in err why brokers let nobody in, if that is what ended ctx or err itself.
func refused(ctx context.Context, err error) error {
	if errors.Is(err, kerr.SaslAuthenticationFailed) {
		return fmt.Errorf("%w: %w", engine.ErrPassword, err)
	}
	if cause := context.Cause(ctx); engine.Untrusted(cause) {
		return errors.Join(cause, err)
	}
	return err
}
