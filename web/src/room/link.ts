// The connection to the chat server, kept up: one STOMP client per attempt, with
// jittered back-off between attempts, until it is closed or told not to return.

import { Client, Versions, type IFrame, type StompHeaders } from '@stomp/stompjs';
import { signal, type ReadonlySignal } from '@preact/signals';
import { accessToken, ended, signOut } from '../api/session.ts';
import { viewerId } from '../storage.ts';
import type { Refusal } from '../wire.ts';
import { backoff } from './backoff.ts';

export type LinkState =
  | { is: 'connecting' }
  | { is: 'live' }
  /** Tries again at a time, ms since the epoch. */
  | { is: 'waiting'; until: number }
  /** The browser says there is no network. */
  | { is: 'offline' }
  /** The server said not to come back. */
  | { is: 'closed'; why: Refusal };

export interface LinkEvents {
  /** Connected: the place to subscribe. */
  onLive(client: Client): void;
  /** Was live and is not any more. */
  onLost(): void;
  /** An ERROR frame that names what it refused. */
  onRefused(receipt: string, why: Refusal): void;
}

/** Close codes from here on mean: do not come back. */
const FINAL = 4500;
const HEART_BEAT_MS = 20_000;
const CONNECT_MS = 10_000;

export class Link {
  readonly state: ReadonlySignal<LinkState>;
  readonly #state = signal<LinkState>({ is: 'connecting' });
  readonly #events: LinkEvents;
  readonly #unseen: boolean;
  #client: Client | null = null;
  #attempt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The last ERROR frame of this attempt. */
  #error: Refusal | null = null;
  #token: string | null = null;
  #refusedToken: string | undefined;
  #closed = false;

  /** unseen: as nobody, and not counted as a viewer. */
  constructor(events: LinkEvents, unseen = false) {
    this.state = this.#state;
    this.#events = events;
    this.#unseen = unseen;
    addEventListener('online', this.#retry);
    addEventListener('offline', this.#wentOffline);
    document.addEventListener('visibilitychange', this.#cameBack);
    void this.#connect();
  }

  /** Tries now instead of later; after a final close, too. */
  retry() {
    this.#attempt = 0;
    this.#retry();
  }

  /** Begins again as whoever is signed in now. */
  restart() {
    if (this.#closed) return;
    this.#drop();
    this.retry();
  }

  /** Comes back later: what was asked for could not be had. */
  comeBack(afterMs: number) {
    this.#drop();
    this.#wait(afterMs);
  }

  close() {
    this.#closed = true;
    removeEventListener('online', this.#retry);
    removeEventListener('offline', this.#wentOffline);
    document.removeEventListener('visibilitychange', this.#cameBack);
    this.#drop();
  }

  #retry = () => {
    if (this.#closed || this.#client) return;
    clearTimeout(this.#timer);
    void this.#connect();
  };

  #wentOffline = () => {
    if (this.#state.value.is === 'waiting') this.#wait();
  };

  #cameBack = () => {
    if (document.visibilityState === 'visible' && this.#state.value.is === 'waiting') this.#retry();
  };

  async #connect() {
    const client = new Client({
      brokerURL: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/chat/ws`,
      stompVersions: new Versions(['1.2']),
      heartbeatIncoming: HEART_BEAT_MS,
      heartbeatOutgoing: HEART_BEAT_MS,
      connectionTimeout: CONNECT_MS,
      reconnectDelay: 0,
      discardWebsocketOnCommFailure: true,
      onConnect: () => this.#current(client) && this.#live(client),
      onStompError: (frame) => this.#current(client) && this.#refused(frame),
      onWebSocketClose: (event: CloseEvent) => this.#current(client) && this.#lost(event.code, event.reason),
    });
    this.#client = client;
    this.#error = null;
    this.#state.value = { is: 'connecting' };
    try {
      this.#token = this.#unseen ? null : await accessToken(this.#refusedToken);
    } catch {
      if (this.#current(client)) this.#lost(0, '');
      return;
    }
    if (!this.#current(client)) return;
    const headers: StompHeaders = this.#unseen ? { presence: 'none' } : { viewer: viewerId() };
    if (this.#token) headers['Authorization'] = `Bearer ${this.#token}`;
    client.connectHeaders = headers;
    client.activate();
  }

  /** Events of a client that was given up are nobody's. */
  #current(client: Client): boolean {
    return this.#client === client && !this.#closed;
  }

  #live(client: Client) {
    this.#attempt = 0;
    this.#refusedToken = undefined;
    this.#state.value = { is: 'live' };
    this.#events.onLive(client);
  }

  #refused(frame: IFrame) {
    const { code = 'internal', message = '' } = frame.headers;
    const retryAfterMs = Number(frame.headers['retry-after-ms']) || 0;
    this.#error = { code, message, retryAfterMs };
    const receipt = frame.headers['receipt-id'];
    if (receipt) this.#events.onRefused(receipt, this.#error);
  }

  #lost(closeCode: number, reason: string) {
    this.#drop();
    const why = this.#error ?? { code: reason, message: reason };
    if (why.code === 'token_expired' || why.code === 'session_expired') {
      this.#refusedToken = this.#token ?? undefined;
    } else if (why.code === 'token_invalid' && this.#token) {
      this.#wait();
      ended.value = true;
      void signOut(); // and whoever watches the user restarts the link
      return;
    } else if (closeCode >= FINAL && closeCode < 5000) {
      this.#state.value = { is: 'closed', why };
      return;
    }
    this.#wait(why.retryAfterMs);
  }

  #wait(least = 0) {
    clearTimeout(this.#timer);
    if (!navigator.onLine) {
      this.#state.value = { is: 'offline' };
      return;
    }
    const wait = backoff(this.#attempt++, Math.random(), least);
    this.#state.value = { is: 'waiting', until: Date.now() + wait };
    this.#timer = setTimeout(this.#retry, wait);
  }

  #drop() {
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = null;
    if (!client) return;
    const live = this.#state.value.is === 'live';
    if (client.connected) void client.deactivate();
    else void client.deactivate({ force: true });
    if (live) this.#events.onLost();
  }
}
