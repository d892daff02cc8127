package app

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/analysis/classify"
	"github.com/hubbub-live/hubbub/internal/analysis/kept"
	"github.com/hubbub-live/hubbub/internal/analysis/worker"
	"github.com/hubbub-live/hubbub/internal/archive/archiver"
	"github.com/hubbub-live/hubbub/internal/chat"
	"github.com/hubbub-live/hubbub/internal/chat/outbox"
	"github.com/hubbub-live/hubbub/internal/chat/room"
	"github.com/hubbub-live/hubbub/internal/chat/send"
	"github.com/hubbub-live/hubbub/internal/chat/session"
	"github.com/hubbub-live/hubbub/internal/clientaddr"
	"github.com/hubbub-live/hubbub/internal/demo"
	"github.com/hubbub-live/hubbub/internal/history"
	"github.com/hubbub-live/hubbub/internal/httpapi"
	"github.com/hubbub-live/hubbub/internal/moderation/moderator"
	"github.com/hubbub-live/hubbub/internal/moderation/wordlist"
	"github.com/hubbub-live/hubbub/internal/obs"
	"github.com/hubbub-live/hubbub/internal/origin"
	"github.com/hubbub-live/hubbub/internal/presence"
	"github.com/hubbub-live/hubbub/internal/relay"
	"github.com/hubbub-live/hubbub/internal/streams"
	"github.com/hubbub-live/hubbub/internal/summary/shown"
	"github.com/hubbub-live/hubbub/internal/token"
)

// firstStream is the stream that a first start makes.
const firstStream = hubbub.StreamID("1")

// What a viewer that does not read may hold: see outbox.
const (
	viewerBacklog = 512 << 10
	viewerStall   = 30 * time.Second
)

// How long messages of a cluster wait for others on their way to the archive and into the
// tallies, where a batch costs some calls, however many messages it has.
const (
	archiveLinger  = 300 * time.Millisecond
	analysisLinger = 200 * time.Millisecond // as often as results are published
)

// parts are the services of this process. Those of roles that it does not play
// are nil.
type parts struct {
	origins   *origin.Policy
	clients   *clientaddr.Resolver
	directory *streams.Directory
	streams   *streams.Service
	viewers   *streams.Viewers
	history   *history.Reader
	latest    *latest
	watch     *account.Watch
	accounts  *account.Service
	oidc      *account.OIDC // nil without a provider
	hub       *room.Hub
	chat      *chat.Server
	sender    *send.Sender
	words     *wordlist.Lists
	people    people
	moderator *moderator.Service
	shown     *shown.Summaries // nil without the chat's role
	demo      *demo.Demo       // nil without --demo
}

// startParts starts what reads the log first, and chat last: it must find the
// others when the first message comes.
func (a *App) startParts(ctx context.Context, s *stores) (*parts, error) {
	p := &parts{history: &history.Reader{Archive: s.archive, Log: s.log}}
	var err error
	if p.origins, err = origin.New(a.o.PublicURL, a.o.Origins); err != nil {
		return nil, err
	}
	if p.clients, err = clientaddr.New(a.o.TrustedProxies); err != nil {
		return nil, err
	}
	p.directory = streams.NewDirectory(s.meta, streams.DirectoryOptions{Any: a.o.Rooms == "any", Logger: a.log})
	p.streams = streams.NewService(s.meta, p.directory)
	if a.o.faces() {
		if _, err := p.streams.Ensure(ctx, streams.Draft{ID: firstStream, Title: "My first stream"}); err != nil {
			return nil, fmt.Errorf("make the first stream: %w", err)
		}
	}
	a.health.Add("log", checkOf(s.log.Healthy))
	p.latest = &latest{cache: s.cache, analysis: a.startReaders(s), summaries: &summaries{p.history, s.log}}
	a.startSummaries(s, p)
	if err := a.openWatch(ctx, s, p); err != nil {
		return nil, err
	}
	if a.o.faces() {
		if err := a.startFaces(ctx, s, p); err != nil {
			return nil, err
		}
	}
	a.runWatch(p)
	return p, nil
}

// startFaces starts what people and their programs talk to.
func (a *App) startFaces(ctx context.Context, s *stores, p *parts) error {
	onCount := p.showCount
	if s.cluster != nil {
		onCount = func(stream hubbub.StreamID, users, connections int) {
			p.showCount(stream, users, connections)
			s.cluster.bus.BroadcastCount(stream, users)
		}
	}
	tracker := presence.New(s.cache, presence.Options{Logger: a.log, OnCount: onCount})
	p.viewers = streams.NewViewers(tracker, nil)
	if err := a.startWords(p); err != nil {
		return err
	}
	p.hub = room.New(room.Options{Bus: s.bus, History: p.history, Latest: p.latest.of, OnControl: p.heard, Tick: a.o.Tick, Logger: a.log})
	a.run("the rooms", p.hub.Run)
	a.startModerator(s, p)
	if a.o.has(roleChat) {
		a.startChat(s, p, tracker)
		if a.o.Demo {
			if err := a.startDemo(ctx, s, p); err != nil {
				return err
			}
		}
	}
	if a.o.has(roleUser) {
		return a.startAccounts(ctx, s, p)
	}
	return nil
}

func (a *App) startAccounts(ctx context.Context, s *stores, p *parts) (err error) {
	p.accounts = account.New(s.meta, s.keys, account.Options{
		GuestsOff: !a.o.Guests, SignupOff: !a.o.Signup, Logger: a.log, Metrics: a.registry,
		Archive: eraser{s.archive, p.shown}, OnRevoke: p.watch.Note, OnErase: p.hostErased, OnBan: p.banned,
	})
	if a.claim, err = p.accounts.OfferClaim(ctx); err != nil {
		return fmt.Errorf("offer the site to its first admin: %w", err)
	}
	if err := a.openOIDC(s, p); err != nil {
		return err
	}
	a.run("the accounts", p.accounts.Run)
	a.run("the erasures", p.accounts.RunErasures)
	return nil
}

// startReaders starts the consumers of the log. What it returns answers for what is
// analysed, here or by another process.
func (a *App) startReaders(s *stores) readings {
	if a.o.has(roleRelay) {
		r := relay.New(relay.Options{Log: s.log, Bus: s.bus, Cache: s.cache, Logger: a.log, Registerer: a.registry})
		a.run("the relay", r.Run)
		a.health.Add("relay", checkOf(r.Healthy))
	}
	if a.o.has(roleArchive) {
		o := archiver.Options{Log: s.log, Archive: s.archive, Logger: a.log, Registerer: a.registry}
		if s.shared {
			o.Linger = archiveLinger
		}
		r := archiver.New(o)
		a.run("the archiver", r.Run)
		a.health.Add("archive", checkOf(r.Healthy))
	}
	if a.o.AnalysisBy == byFlink {
		return a.startKeeper(s)
	}
	if !a.o.has(roleAnalysis) {
		return worker.NewReader(s.log, s.tallies)
	}
	o := worker.Options{Log: s.log, Store: s.tallies, Classifier: classify.NewStarter(), Logger: a.log, Registerer: a.registry}
	if s.shared {
		o.Linger = analysisLinger
	}
	w := worker.New(o)
	a.run("the analysis", w.Run)
	a.health.Add("analysis", checkOf(w.Healthy))
	return w
}

// startKeeper starts, for the role analysis, what keeps the results of an engine.
func (a *App) startKeeper(s *stores) readings {
	store := s.cluster.tallies
	if a.o.has(roleAnalysis) {
		k := kept.NewKeeper(s.log, store, a.log, a.registry)
		a.run("the keeper of results", k.Run)
		a.health.Add("analysis", checkOf(k.Healthy))
	}
	return kept.NewReader(s.log, store)
}

func checkOf(healthy func() error) obs.Check {
	return func(context.Context) error { return healthy() }
}

// startChat starts the server that viewers connect to.
func (a *App) startChat(s *stores, p *parts, tracker *presence.Tracker) {
	sender := send.New(send.Options{
		Log: s.log, Hub: p.hub, Cache: s.cache, Shared: s.shared,
		Stream: p.directory.Stream, May: maySend, Words: p.words.Check,
		Rate: a.o.MessageRate, Burst: a.o.MessageBurst, Length: a.o.MessageLength,
		Logger: a.log, Metrics: a.registry,
	})
	p.sender = sender
	goodbyes := time.Duration(0)
	if s.shared { // there are other chat servers, which take its viewers in
		goodbyes = farewell
	}
	p.chat = chat.New(chat.Options{
		Session: session.Options{
			Hub: p.hub, Sender: sender, Presence: tracker, Verify: p.watch.Verify, MayRead: p.mayRead, Logger: a.log,
			Anonymous: a.o.Anonymous, Max: a.o.SessionMax, FrameSize: int(a.o.FrameSize), Subscriptions: a.o.Subscriptions,
			Outbox: outbox.Options{Backlog: viewerBacklog, Stall: viewerStall},
		},
		Origins: p.origins, Clients: p.clients, Refuse: httpapi.WriteProblem,
		PerAddress: a.o.ConnectionsPerAddress, ConnectRate: a.o.ConnectRate, Farewell: goodbyes,
		Logger: a.log, Metrics: a.registry,
	})
	p.shown = shown.New(p.latest.summaries.latest, p.hub, s.cache, a.log)
	a.run("the summaries that are shown", p.shown.Run)
	a.run("presence", tracker.Run)
	a.run("the sender", sender.Run)
	a.run("the sessions", p.chat.Run)
	a.onStop("the chat", func() error {
		ctx, cancel := context.WithTimeout(context.Background(), goodbyes+partWithin)
		defer cancel()
		p.chat.Shutdown(ctx)
		return nil
	})
}

// maySend and mayRead ask the one policy for the chat.
func maySend(who token.Identity, s hubbub.Stream) error {
	return streams.May(streams.ActorOf(who), streams.ActionSend, s)
}

func (p *parts) mayRead(ctx context.Context, who token.Identity, id hubbub.StreamID) error {
	s, err := p.directory.Stream(ctx, id)
	if err != nil {
		return err
	}
	return streams.May(streams.ActorOf(who), streams.ActionRead, s)
}

// banned ends the sessions of a user here, and says why. They are refused from before
// that on, or they would be back at once.
func (p *parts) banned(user hubbub.UserID, b account.Ban, why *hubbub.Error) {
	p.watch.Bar(user, b)
	if p.chat != nil {
		p.chat.End(user, why)
	}
	p.watch.Hurry()
}

// showCount shows how many watch a stream to those of this server who do.
func (p *parts) showCount(stream hubbub.StreamID, users, connections int) {
	value, err := json.Marshal(struct {
		StreamID        hubbub.StreamID `json:"streamId"`
		UserCount       int             `json:"userCount"`
		ConnectionCount int             `json:"connectionCount"`
	}{stream, users, connections})
	if err != nil { // a string and numbers can be marshalled
		panic(err)
	}
	p.hub.Show(stream, hubbub.UserCountChannel, value)
}

// settings returns the rules of a room; those of one that cannot be opened now
// are the usual ones.
func (p *parts) settings(ctx context.Context, stream hubbub.StreamID) hubbub.Settings {
	if p.hub == nil {
		return hubbub.Settings{}
	}
	r, err := p.hub.Room(ctx, stream)
	if err != nil {
		return hubbub.Settings{}
	}
	return r.Settings()
}
