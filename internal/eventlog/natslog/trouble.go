package natslog

import (
	"fmt"
	"log/slog"
	"sync"
)

// troubles tells of errors that the server logged. It does not answer a write
// that failed, it logs; who waits for an answer listens here.
type troubles struct {
	mu        sync.Mutex
	listeners []chan<- struct{}
}

func (t *troubles) listen() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	listener := make(chan struct{}, 1)
	t.listeners = append(t.listeners, listener)
	return listener
}

func (t *troubles) tell() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, listener := range t.listeners {
		select {
		case listener <- struct{}{}:
		default:
		}
	}
}

// serverLog hands the server's log on.
type serverLog struct {
	log      *slog.Logger
	troubles *troubles
}

func (s serverLog) Noticef(format string, v ...any) {
	s.log.Debug("nats: " + fmt.Sprintf(format, v...))
}
func (s serverLog) Warnf(format string, v ...any)  { s.log.Warn("nats: " + fmt.Sprintf(format, v...)) }
func (s serverLog) Debugf(string, ...any)          {}
func (s serverLog) Tracef(string, ...any)          {}
func (s serverLog) Fatalf(format string, v ...any) { s.Errorf(format, v...) }

func (s serverLog) Errorf(format string, v ...any) {
	s.log.Error("nats: " + fmt.Sprintf(format, v...))
	s.troubles.tell()
}
