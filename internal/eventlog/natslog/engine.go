package natslog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// An engine is one run of the NATS server inside this process. Writes and reads
// have a connection each: the server answers a read within the loop that takes
// the connection's messages, so a long read would hold up appends.
type engine struct {
	dir     string
	server  *server.Server
	writing *nats.Conn
	reading *nats.Conn
	streams jetstream.JetStream
	troubles
}

// startServer starts a server on the folder dir.
func startServer(dir string, log *slog.Logger) (*engine, error) {
	e := &engine{dir: dir}
	s, err := server.NewServer(&server.Options{
		ServerName:             "hubbub",
		DontListen:             true,
		NoSigs:                 true,
		JetStream:              true,
		StoreDir:               dir,
		SyncAlways:             true,
		JetStreamMaxStore:      1 << 60, // the log itself watches the disk
		JetStreamMaxMemory:     16 << 20,
		DisableJetStreamBanner: true,
	})
	if err != nil {
		return nil, err
	}
	e.server = s
	s.SetLoggerV2(serverLog{log: log, troubles: &e.troubles}, false, false, false)
	s.Start()
	if !s.JetStreamEnabled() {
		e.stop()
		return nil, errors.New("JetStream did not start")
	}
	if err := e.connect(); err != nil {
		e.stop()
		return nil, err
	}
	return e, nil
}

func (e *engine) connect() (err error) {
	if e.writing, err = nats.Connect("", nats.InProcessServer(e.server), nats.NoReconnect()); err != nil {
		return fmt.Errorf("connect to the server inside: %w", err)
	}
	if e.reading, err = nats.Connect("", nats.InProcessServer(e.server), nats.NoReconnect()); err != nil {
		return fmt.Errorf("connect to the server inside: %w", err)
	}
	e.streams, err = jetstream.New(e.reading)
	return err
}

// stop stops the server and waits for it; it may have been started in part.
func (e *engine) stop() {
	for _, c := range []*nats.Conn{e.writing, e.reading} {
		if c != nil {
			c.Close()
		}
	}
	e.server.Shutdown()
	e.server.WaitForShutdown()
}

// holdsRecords says whether there is a block of records with anything in it, or
// may be: one that cannot be looked at counts.
func holdsRecords(files string) bool {
	blocks, err := os.ReadDir(filepath.Join(files, "msgs"))
	for _, block := range blocks {
		info, statErr := block.Info()
		if statErr != nil || info.Size() > 0 && filepath.Ext(block.Name()) == ".blk" {
			return true
		}
	}
	return err != nil && !errors.Is(err, fs.ErrNotExist)
}

// open makes a topic's stream if it is new, and returns its first and last
// sequence; first is last+1, or 1, if it is empty.
func (e *engine) open(ctx context.Context, topic eventlog.Topic) (first, last uint64, err error) {
	stream, err := e.streams.Stream(ctx, string(topic))
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		// JetStream leaves out a stream whose files it cannot read. Making it
		// anew would overwrite them, which is right only for what a first start
		// that was cut short has left: nothing.
		files := filepath.Join(e.dir, "jetstream", "$G", "streams", string(topic))
		if holdsRecords(files) {
			return 0, 0, fmt.Errorf("JetStream cannot read the files of %s: its warnings say why", topic)
		}
		if err := os.RemoveAll(files); err != nil {
			return 0, 0, err
		}
		stream, err = e.streams.CreateStream(ctx, jetstream.StreamConfig{
			Name:        string(topic),
			Subjects:    []string{string(topic) + ".>"},
			Storage:     jetstream.FileStorage,
			Discard:     jetstream.DiscardNew,
			AllowDirect: true,
		})
	}
	if err != nil {
		return 0, 0, fmt.Errorf("open the stream %s: %w", topic, err)
	}
	state := stream.CachedInfo().State
	return max(state.FirstSeq, 1), state.LastSeq, nil
}

// purge removes what is before a sequence.
func (e *engine) purge(ctx context.Context, topic eventlog.Topic, before uint64) error {
	stream, err := e.streams.Stream(ctx, string(topic))
	if err == nil {
		err = stream.Purge(ctx, jetstream.WithPurgeSequence(before))
	}
	if err != nil {
		return fmt.Errorf("trim %s: %w", topic, err)
	}
	return nil
}

// startEngine starts JetStream, for the first time or anew, and brings what the
// log knows of each topic in line with what is there.
func (l *Log) startEngine(ctx context.Context) error {
	l.engine.Lock()
	defer l.engine.Unlock()
	if l.engine.engine != nil {
		l.engine.stop()
		l.engine.engine = nil
	}
	e, err := startServer(filepath.Join(l.o.Dir, "js"), l.o.Logger)
	if err != nil {
		return diskError(err)
	}
	for _, t := range l.topics {
		if err := t.recover(ctx, e); err != nil {
			e.stop()
			return diskError(err)
		}
	}
	l.engine.engine = e
	return nil
}
