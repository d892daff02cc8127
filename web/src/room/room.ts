// A room that is open on the page: what the connection brings becomes signals
// that the views read, and what the viewer does goes out.

import { batch, computed, effect, signal, untracked } from '@preact/signals';
import type { Client, IMessage } from '@stomp/stompjs';
import { user } from '../api/session.ts';
import { randomWord } from '../storage.ts';
import type { Analysis, ChatMessage, Control, Notice, Position, Settings, StreamChange, StreamDetail, Summary, UserCount } from '../wire.ts';
import { Link } from './link.ts';
import * as chat from './log.ts';
import * as mood from './mood.ts';
import * as out from './outbox.ts';
import * as rules from './rules.ts';
import { standing } from './summary.ts';

const HISTORY = 100;
/** After a longer absence the newest messages matter more than the missed ones. */
const RESUME_MS = 30 * 60_000;
/** The receipts of SUBSCRIBEs begin with it. */
const OPENING = 'open-';
/** When to try again to subscribe, if that could not be had. */
const OPEN_AGAIN_MS = 5_000;
/** A busy room is drawn at most this often, a lone message in the next frame. */
const DRAW_MS = 50;
/** Where drawing is slow, it pauses twice as long as it took, so that taps and keys get their turn. */
const LONGEST_PAUSE_MS = 500;
/** In a hidden tab frames stand still; draw when this many wait. */
const WAITING = 1_000;

export class Room {
  readonly id: string;
  readonly link: Link;
  readonly #log = signal(chat.emptyLog);
  readonly #outbox = signal<out.Outbox>([]);
  readonly #freshness = signal(mood.unknownFreshness);
  /** What the reader sees: held still while scrolled up. */
  readonly lines = computed(() => this.#log.value.held ?? this.#log.value.lines);
  readonly held = computed(() => this.#log.value.held !== null);
  readonly noteWhileHeld = computed(() => chat.noteWhileHeld(this.#log.value));
  readonly unread = computed(() => this.#log.value.unread);
  readonly outbox = computed(() => this.#outbox.value);
  readonly analysis = signal<Analysis | null>(null);
  readonly #summary = signal<Summary | null>(null);
  readonly #deleted = computed(() => this.#log.value.deleted);
  readonly #clearedBefore = computed(() => this.#log.value.clearedBefore);
  /** The newest, without what cites messages that were removed. */
  readonly summary = computed(() => standing(this.#summary.value, this.#deleted.value, this.#clearedBefore.value));
  /** The id of the message that the list should show next; '': none. */
  readonly sought = signal('');
  readonly viewers = signal<number | null>(null);
  /** The first messages, or their absence, are known. */
  readonly opened = signal(false);
  /** What the viewer is writing. */
  readonly draft = signal('');
  readonly settings = signal<Settings>(rules.noSettings);
  /** What the viewer is in this room. */
  readonly roles = signal<readonly string[]>([]);
  /** Who may not write, by user id, as far as the page has heard. */
  readonly bars = signal<ReadonlyMap<string, rules.Bar>>(new Map());
  /** What the room's events say that the stream has become. */
  readonly change = signal<StreamChange | null>(null);
  /** Grows when the stream should be asked for again. */
  readonly doubts = signal(0);
  readonly #wroteAt = signal(0);
  readonly standing = computed<rules.Standing>(() => ({
    settings: this.settings.value,
    roles: this.roles.value,
    bar: this.bars.value.get(user.value?.id ?? '') ?? null,
    wroteAt: this.#wroteAt.value,
  }));

  #client: Client | null = null;
  #arrivals: (chat.Arrival & { came: number; live: boolean })[] = [];
  #drawing = false;
  #drawnAt = 0;
  #drawTook = 0;
  /** Where the next subscription resumes; empty: nowhere yet. */
  #resume: Record<'message' | 'event', Position> = { message: '', event: '' };
  #lostAt = 0;
  readonly #stops: (() => void)[] = [];
  readonly #history: number;
  readonly #overlay: boolean;

  /** overlay: nobody looks on, as many of the newest messages come first as it says. */
  constructor(id: string, overlay?: { history: number }) {
    this.id = id;
    this.#history = overlay?.history ?? HISTORY;
    this.#overlay = overlay !== undefined;
    const events = {
      onLive: (client: Client) => this.#live(client),
      onLost: () => this.#lost(),
      onRefused: (receipt: string, why: Notice) => this.#refused(receipt, why),
    };
    this.link = new Link(events, overlay !== undefined);
    if (overlay) {
      this.#stops.push(() => this.link.close());
      return;
    }
    const ticking = setInterval(() => this.#post(), 1_000);
    let first = true;
    let last = user.peek()?.id;
    const watching = effect(() => {
      const me = user.value;
      if (!first) untracked(() => this.link.restart());
      // Whoever it is now need not be what the one before was.
      if (first || me?.id !== last) this.roles.value = me?.roles ?? [];
      first = false;
      last = me?.id;
    });
    this.#stops.push(() => clearInterval(ticking), watching, () => this.link.close());
  }

  close() {
    for (const stop of this.#stops) stop();
  }

  /** Takes the text over; what becomes of it shows in the outbox. */
  send(text: string) {
    this.#outbox.value = out.enqueue(this.#outbox.value, randomWord(), text);
    this.#post();
  }

  /** The writer takes a refused text back. */
  takeBack(nonce: string) {
    this.#outbox.value = out.settled(this.#outbox.value, nonce);
  }

  /** What the API says about the stream. */
  learn(stream: StreamDetail) {
    if (stream.settings) this.settings.value = stream.settings;
    this.roles.value = stream.roles ?? user.peek()?.roles ?? [];
  }

  /** Says something to this viewer alone, in the list. */
  note(note: chat.Note) {
    this.#log.value = chat.note(this.#log.value, note);
  }

  /** Those who wrote lately, the newest first. */
  people() {
    return chat.people(this.#log.peek().lines);
  }

  newestOf(userId: string) {
    return chat.newestOf(this.#log.peek().lines, userId);
  }

  hold() {
    this.#log.value = chat.hold(this.#log.value);
  }

  follow() {
    this.#log.value = chat.follow(this.#log.value);
  }

  /** How far the mood is behind now, in ms; without a connection, at least as long as that is lost. */
  moodBehind(): number {
    const now = Date.now();
    const lost = this.#client || !this.#lostAt ? 0 : now - this.#lostAt;
    return Math.max(mood.behindMs(this.#freshness.value, now), lost);
  }

  /** A message that the page still has and may show. */
  messageOf(id: string) {
    return chat.messageOf(this.#log.peek().lines, id);
  }

  #live(client: Client) {
    this.#client = client;
    const long = this.#lostAt > 0 && Date.now() - this.#lostAt > RESUME_MS;
    if (long) this.#log.value = chat.miss(this.#log.value, 0);
    const topic = (channel: string) => `/topic/stream/${this.id}/${channel}`;

    client.subscribe('/user/queue/notices', (frame) => this.#notice(frame));
    for (const channel of ['event', 'message'] as const) {
      const position = long ? '' : this.#resume[channel];
      const receipt = `${OPENING}${channel}-${randomWord()}`;
      client.watchForReceipt(receipt, (frame) => this.#opened(channel, frame.headers['position'] ?? ''));
      client.subscribe(topic(channel), channel === 'event' ? this.#event : this.#message, {
        receipt,
        ...(position ? { 'last-position': position } : { history: String(channel === 'message' ? this.#history : HISTORY) }),
      });
    }
    client.subscribe(topic('analysis'), (frame) => this.#analysed(JSON.parse(frame.body) as Analysis));
    if (!this.#overlay) client.subscribe(topic('summary'), (frame) => (this.#summary.value = JSON.parse(frame.body) as Summary));
    client.subscribe(topic('user-count'), (frame) => {
      this.viewers.value = (JSON.parse(frame.body) as UserCount).userCount;
    });
    this.#post();
  }

  #lost() {
    this.#client = null;
    this.#lostAt = Date.now();
    this.#draw();
    this.#outbox.value = out.disconnected(this.#outbox.value);
  }

  #opened(channel: 'message' | 'event', position: Position) {
    // An empty room has no message to resume after; its subscription has.
    if (!this.#resume[channel]) this.#resume[channel] = position;
    if (channel === 'message') this.#schedule(() => (this.opened.value = true));
  }

  #message = (frame: IMessage) => {
    const { headers } = frame;
    const message = JSON.parse(frame.body) as ChatMessage;
    message.id ??= headers['message-id'] ?? '';
    const position = headers['position'] ?? '';
    this.#resume.message = position;
    this.#arrivals.push({
      message,
      position,
      // A replay declares its gaps itself, and its chain begins where it resumed.
      prev: headers['replay'] ? '' : (headers['prev'] ?? ''),
      skipped: Number(headers['skipped']) || 0,
      gap: 'gap' in headers,
      came: Date.now(),
      live: !headers['replay'],
    });
    if (this.#arrivals.length > WAITING) this.#draw();
    else this.#schedule();
  };

  #event = (frame: IMessage) => {
    const position = frame.headers['position'] ?? '';
    this.#resume.event = position;
    const event = JSON.parse(frame.body) as Control;
    const replayed = 'replay' in frame.headers;
    // Who put the bar there has an answer of their own in the list.
    const told = event.userId !== undefined && event.by === user.peek()?.id;
    this.#draw(); // an event may be about a message that waits
    batch(() => {
      this.#log.value = chat.control(this.#log.value, event, position, replayed || told);
      this.#rule(event, replayed);
    });
  };

  /** Keeps up with who may write, and how. */
  #rule(event: Control, replayed: boolean) {
    const now = Date.now();
    const at = (replayed && rules.timeOfId(event.id)) || now;
    this.bars.value = rules.barred(this.bars.value, event, at, now);
    if (event.settings) this.settings.value = event.settings;
    if (event.stream) this.change.value = event.stream;
    if (event.stream?.status === 'deleted') this.doubts.value++;
    if (event.action === 'roles' && event.userId === user.peek()?.id) this.#promoted(event.roles ?? [], replayed);
  }

  /** The viewer is something else in this stream from now on; what one is on the site stays. */
  #promoted(roles: readonly string[], replayed: boolean) {
    const site = this.roles.value.filter((role) => role === 'admin' || role === 'guest');
    const before = rules.moderates(this.roles.value);
    this.roles.value = [...new Set([...site, ...roles])];
    const now = rules.moderates(this.roles.value);
    if (!replayed && now !== before) this.note({ say: (w) => (now ? w.nowModerator : w.noLongerModerator) });
  }

  #notice(frame: IMessage) {
    const notice = JSON.parse(frame.body) as Notice;
    const { headers } = frame;
    const skipped = Number(headers['skipped']) || 0;
    const about = notice.destination ?? headers['about'] ?? '';
    if (skipped > 0 || 'gap' in headers) {
      if (about === '' || about.endsWith('/message')) this.#log.value = chat.miss(this.#log.value, skipped);
      return;
    }
    // Without its subscriptions a page that says it is live would show nothing.
    if (notice.receipt?.startsWith(OPENING) && notice.code === 'unavailable') this.link.comeBack(OPEN_AGAIN_MS);
    else if (notice.receipt) this.#refused(notice.receipt, notice);
  }

  #refused(receipt: string, why: Notice) {
    const now = Date.now();
    this.#outbox.value = out.refused(this.#outbox.value, receipt, why, now);
    const me = user.peek()?.id;
    const bar = rules.barByRefusal(why, now);
    if (me && bar && !this.bars.value.has(me)) this.bars.value = new Map(this.bars.value).set(me, bar);
    if (why.code === 'slow_mode') this.#wroteAt.value = now + (why.retryAfterMs ?? 0) - this.settings.value.slowSeconds * 1000;
    if (why.code === 'stream_ended') this.doubts.value++;
  }

  #analysed(analysis: Analysis) {
    if (mood.isOlder(analysis, this.analysis.value)) return;
    this.analysis.value = analysis;
    this.#freshness.value = mood.analysisCame(this.#freshness.value, analysis);
  }

  /** Hands to the connection what is due, and repeats what has no answer. */
  #post() {
    const now = Date.now();
    this.#outbox.value = out.expire(this.#outbox.value, now);
    const client = this.#client;
    if (!client?.connected) return;
    const due = out.due(this.#outbox.value, now);
    if (due.length === 0) return;
    for (const { nonce, text } of due) {
      client.watchForReceipt(nonce, () => {
        this.#wroteAt.value = Date.now();
        this.#outbox.value = out.logged(this.#outbox.value, nonce, Date.now());
      });
      client.publish({
        destination: `/publish/${this.id}`,
        headers: { nonce, receipt: nonce, 'content-type': 'application/json' },
        body: JSON.stringify({ content: text }),
      });
    }
    this.#outbox.value = out.sent(this.#outbox.value, due.map((p) => p.nonce), now);
  }

  #schedule(after?: () => void) {
    if (after) this.#afterDraw.push(after);
    if (this.#drawing) return;
    this.#drawing = true;
    const frame = () => requestAnimationFrame(() => this.#draw());
    const every = Math.min(LONGEST_PAUSE_MS, Math.max(DRAW_MS, 3 * this.#drawTook));
    const pause = this.#drawnAt + every - performance.now();
    if (pause > 0) setTimeout(frame, pause);
    else frame();
  }
  readonly #afterDraw: (() => void)[] = [];

  #draw() {
    this.#drawing = false;
    this.#drawnAt = performance.now();
    const arrivals = this.#arrivals;
    this.#arrivals = [];
    batch(() => {
      if (arrivals.length > 0) {
        this.#log.value = chat.arrive(this.#log.value, arrivals);
        const seen = arrivals.map(({ position, message, came, live }) => ({ position, logged: Date.parse(message.createdAt), came, live }));
        this.#freshness.value = mood.messagesCame(this.#freshness.value, seen);
        const me = user.peek()?.id;
        for (const { message } of arrivals) {
          if (message.nonce && message.sender.id === me) this.#outbox.value = out.settled(this.#outbox.value, message.nonce);
        }
      }
      for (const step of this.#afterDraw.splice(0)) step();
    });
    // The next task comes after rendering, layout and paint.
    setTimeout(() => (this.#drawTook = performance.now() - this.#drawnAt));
  }
}
