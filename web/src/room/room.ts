// A room that is open on the page: what the connection brings becomes signals
// that the views read, and what the viewer does goes out.

import { batch, computed, effect, signal, untracked } from '@preact/signals';
import type { Client, IMessage } from '@stomp/stompjs';
import { user } from '../api/session.ts';
import { randomWord } from '../storage.ts';
import type { Analysis, ChatMessage, Control, Notice, Position, UserCount } from '../wire.ts';
import { Link } from './link.ts';
import * as chat from './log.ts';
import * as mood from './mood.ts';
import * as out from './outbox.ts';

const HISTORY = '100';
/** After a longer absence the newest messages matter more than the missed ones. */
const RESUME_MS = 30 * 60_000;
/** A busy room is drawn at most this often, a lone message in the next frame. */
const DRAW_MS = 50;
/** Where drawing is slow, it pauses twice as long as it took, so that taps and keys get their turn. */
const LONGEST_PAUSE_MS = 500;
/** In a hidden tab frames stand still; draw when this many wait. */
const WAITING = 1_000;
/** Samples for the chart: one in two seconds, for half an hour. */
const SAMPLE_MS = 2_000;
const SAMPLES = 900;

export interface Sample {
  at: number;
  analysis: Analysis;
}

export class Room {
  readonly id: string;
  readonly link: Link;
  readonly #log = signal(chat.emptyLog);
  readonly #outbox = signal<out.Outbox>([]);
  readonly #freshness = signal(mood.unknownFreshness);
  /** What the reader sees: held still while scrolled up. */
  readonly lines = computed(() => this.#log.value.held ?? this.#log.value.lines);
  readonly held = computed(() => this.#log.value.held !== null);
  readonly unread = computed(() => this.#log.value.unread);
  readonly outbox = computed(() => this.#outbox.value);
  readonly analysis = signal<Analysis | null>(null);
  readonly viewers = signal<number | null>(null);
  /** The first messages, or their absence, are known. */
  readonly opened = signal(false);
  samples: readonly Sample[] = [];

  #client: Client | null = null;
  #arrivals: chat.Arrival[] = [];
  #drawing = false;
  #drawnAt = 0;
  #drawTook = 0;
  /** Where the next subscription resumes; empty: nowhere yet. */
  #resume: Record<'message' | 'event', Position> = { message: '', event: '' };
  #lostAt = 0;
  readonly #stops: (() => void)[] = [];

  constructor(id: string) {
    this.id = id;
    this.link = new Link({
      onLive: (client) => this.#live(client),
      onLost: () => this.#lost(),
      onRefused: (receipt, why) => this.#refused(receipt, why),
    });
    const ticking = setInterval(() => this.#post(), 1_000);
    let first = true;
    const watching = effect(() => {
      void user.value?.id;
      if (!first) untracked(() => this.link.restart());
      first = false;
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

  hold() {
    this.#log.value = chat.hold(this.#log.value);
  }

  follow() {
    this.#log.value = chat.follow(this.#log.value);
  }

  /** How far the mood is behind now, in seconds; without a connection, at least as long as that is lost. */
  moodBehind(): number {
    const behind = mood.behindSeconds(this.#freshness.value, performance.now());
    const lost = this.#client || !this.#lostAt ? 0 : Math.floor((Date.now() - this.#lostAt) / 1000);
    return Math.max(behind, lost);
  }

  #live(client: Client) {
    this.#client = client;
    const long = this.#lostAt > 0 && Date.now() - this.#lostAt > RESUME_MS;
    if (long) this.#log.value = chat.miss(this.#log.value, 0);
    const topic = (channel: string) => `/topic/stream/${this.id}/${channel}`;

    client.subscribe('/user/queue/notices', (frame) => this.#notice(frame));
    for (const channel of ['event', 'message'] as const) {
      const position = long ? '' : this.#resume[channel];
      const receipt = `open-${channel}-${randomWord()}`;
      client.watchForReceipt(receipt, (frame) => this.#opened(channel, frame.headers['position'] ?? ''));
      client.subscribe(topic(channel), channel === 'event' ? this.#event : this.#message, {
        receipt,
        ...(position ? { 'last-position': position } : { history: HISTORY }),
      });
    }
    client.subscribe(topic('analysis'), (frame) => this.#analysed(JSON.parse(frame.body) as Analysis));
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
    });
    if (this.#arrivals.length > WAITING) this.#draw();
    else this.#schedule();
  };

  #event = (frame: IMessage) => {
    const position = frame.headers['position'] ?? '';
    this.#resume.event = position;
    this.#draw(); // an event may be about a message that waits
    this.#log.value = chat.control(this.#log.value, JSON.parse(frame.body) as Control, position);
  };

  #notice(frame: IMessage) {
    const notice = JSON.parse(frame.body) as Notice;
    const { headers } = frame;
    const skipped = Number(headers['skipped']) || 0;
    const about = notice.destination ?? headers['about'] ?? '';
    if (skipped > 0 || 'gap' in headers) {
      if (about === '' || about.endsWith('/message')) this.#log.value = chat.miss(this.#log.value, skipped);
      return;
    }
    if (notice.receipt) this.#refused(notice.receipt, notice);
  }

  #refused(receipt: string, why: Notice) {
    this.#outbox.value = out.refused(this.#outbox.value, receipt, why, Date.now());
  }

  #analysed(analysis: Analysis) {
    if (mood.isOlder(analysis, this.analysis.value)) return;
    const now = performance.now();
    this.analysis.value = analysis;
    this.#freshness.value = mood.analysisCame(this.#freshness.value, analysis, now);
    const newest = this.samples.at(-1);
    if (!newest || now - newest.at >= SAMPLE_MS) {
      this.samples = [...this.samples, { at: now, analysis }].slice(-SAMPLES);
    }
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
      client.watchForReceipt(nonce, () => (this.#outbox.value = out.logged(this.#outbox.value, nonce, Date.now())));
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
        const positions = arrivals.map((arrival) => arrival.position);
        this.#freshness.value = mood.messagesCame(this.#freshness.value, positions, this.#drawnAt);
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
