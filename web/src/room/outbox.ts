// What the viewer sent and has no final answer for yet, as a pure reducer. A
// text leaves it when it is certainly in the log, or when its writer takes it
// back after a refusal; it is never dropped silently.

import type { Refusal } from '../wire.ts';

/** The server recognises a repeated nonce for two minutes; stay well inside. */
export const REPEATABLE_MS = 100_000;
/** With the connection open, an answer that takes longer is asked for again. */
export const PATIENCE_MS = 10_000;
/** After outcome_unknown, a moment for the server to recover. */
const PAUSE_MS = 1_000;
/** Between its receipt and the message itself a text stays on the page this long. */
export const ECHO_MS = 3_000;

export interface Pending {
  readonly nonce: string;
  readonly text: string;
  /**
   * waiting: to be sent (again); sending: awaits its receipt; logged: durable,
   * its message is on the way; refused and unsure: the writer decides.
   */
  readonly state: 'waiting' | 'sending' | 'logged' | 'refused' | 'unsure';
  /** When it was first sent; 0: never, so certainly not logged. */
  readonly firstAt: number;
  /** Not to be sent (again) before, refused or not; while sending: when patience ends; logged: when to forget it. */
  readonly nextAt: number;
  readonly why?: Refusal;
}

export type Outbox = readonly Pending[];

/** Puts a new text in line. */
export function enqueue(box: Outbox, nonce: string, text: string): Outbox {
  return [...box, { nonce, text, state: 'waiting', firstAt: 0, nextAt: 0 }];
}

/** The texts to hand to the connection now, in the order of writing. */
export function due(box: Outbox, now: number): Outbox {
  return box.filter((p) => (p.state === 'waiting' || p.state === 'sending') && p.nextAt <= now && !stale(p, now));
}

/** They were handed to the connection. */
export function sent(box: Outbox, nonces: readonly string[], now: number): Outbox {
  return box.map((p) =>
    nonces.includes(p.nonce) ? { ...p, state: 'sending', firstAt: p.firstAt || now, nextAt: now + PATIENCE_MS } : p,
  );
}

/** Its receipt came: it is durable, and its message will come or has come. */
export function logged(box: Outbox, nonce: string, now: number): Outbox {
  return box.map((p) => (p.nonce === nonce ? { ...p, state: 'logged', nextAt: now + ECHO_MS } : p));
}

/** The message itself came, or its writer took the text back. */
export function settled(box: Outbox, nonce: string): Outbox {
  return box.some((p) => p.nonce === nonce) ? box.filter((p) => p.nonce !== nonce) : box;
}

/** The server answered no, or that it does not know. */
export function refused(box: Outbox, nonce: string, why: Refusal, now: number): Outbox {
  return box.map((p) => {
    if (p.nonce !== nonce) return p;
    const wait = why.retryAfterMs ?? 0;
    if (why.code !== 'outcome_unknown') return { ...p, state: 'refused', why, nextAt: now + wait };
    return { ...p, state: 'waiting', nextAt: now + Math.max(PAUSE_MS, wait) };
  });
}

/** The connection is gone: what awaited an answer is repeated on the next one. */
export function disconnected(box: Outbox): Outbox {
  return box.map((p) => (p.state === 'sending' ? { ...p, state: 'waiting', nextAt: 0 } : p));
}

/** Gives up what can no longer be repeated safely. Run before due. */
export function expire(box: Outbox, now: number): Outbox {
  const forgotten = (p: Pending) => p.state === 'logged' && p.nextAt <= now;
  if (!box.some((p) => stale(p, now) || forgotten(p))) return box;
  return box.filter((p) => !forgotten(p)).map((p) => (stale(p, now) ? { ...p, state: 'unsure' } : p));
}

function stale(p: Pending, now: number): boolean {
  return (p.state === 'waiting' || p.state === 'sending') && p.firstAt > 0 && now - p.firstAt > REPEATABLE_MS;
}
