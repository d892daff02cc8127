// Why the viewer may not write right now, as far as the page knows. The server
// has the last word; this saves the round trip and shows how long it takes.

import type { Control, Refusal, Settings } from '../wire.ts';

/** The viewer in this room. */
export interface Standing {
  settings: Settings;
  /** What the viewer is in this room. */
  roles: readonly string[];
  bar: Bar | null;
  /** When the viewer's newest message was logged, ms on this browser's clock; 0: none. */
  wroteAt: number;
}

/** A ban or a timeout. */
export interface Bar {
  /** ms on this browser's clock; Infinity: until unbanned. */
  until: number;
  reason: string;
}

export interface Hindrance {
  code: 'banned' | 'timed_out' | 'chat_off' | 'accounts_only' | 'slow_mode';
  /** When it ends by itself, ms on this browser's clock; Infinity: it does not. */
  until: number;
  reason?: string;
}

export const noSettings: Settings = { slowSeconds: 0, chat: 'open' };

/** Whether somebody of these roles moderates the room. */
export function moderates(roles: readonly string[]): boolean {
  return roles.some((role) => role === 'owner' || role === 'moderator' || role === 'admin');
}

/** How high somebody of these roles stands in the room. */
function rank(roles: readonly string[]): number {
  return roles.includes('admin') ? 3 : roles.includes('owner') ? 2 : roles.includes('moderator') ? 1 : 0;
}

/** Whether the author of a message may be barred: nobody bars those above or beside them, nor the owner. */
export function mayBar(mine: readonly string[], theirs: readonly string[]): boolean {
  return rank(mine) > rank(theirs) && !theirs.includes('owner');
}

/** Whether a message may be removed: one's own, and of those below. */
export function mayRemove(mine: readonly string[], theirs: readonly string[], own: boolean): boolean {
  return moderates(mine) && (own || rank(mine) > rank(theirs));
}

/** Whether somebody of these roles runs the stream. */
export function runs(roles: readonly string[]): boolean {
  return roles.some((role) => role === 'owner' || role === 'admin');
}

/** What keeps the viewer from writing at a time, the gravest first; null: nothing. */
export function hindrance(standing: Standing, now: number): Hindrance | null {
  const { settings, roles, bar, wroteAt } = standing;
  if (moderates(roles)) return null;
  if (bar && bar.until > now) {
    return { code: bar.until === Infinity ? 'banned' : 'timed_out', until: bar.until, reason: bar.reason };
  }
  if (settings.chat === 'off') return { code: 'chat_off', until: Infinity };
  if (settings.chat === 'accounts' && roles.includes('guest')) return { code: 'accounts_only', until: Infinity };
  const free = wroteAt > 0 ? wroteAt + settings.slowSeconds * 1000 : 0;
  return free > now ? { code: 'slow_mode', until: free } : null;
}

/** The bar that a control record puts on its user; null: it lifts one. `at` is when it was logged. */
export function barOf(event: Control, at: number): Bar | null {
  if (event.action === 'unban') return null;
  const until = event.action === 'ban' ? Infinity : at + (event.seconds ?? 0) * 1000;
  return { until, reason: event.reason ?? '' };
}

/** How many bars are remembered, the newest; the server remembers all. */
export const BARS_KEPT = 2_000;

/** Bars after a record: a timeout does not shorten a ban, and what has ended is forgotten. */
export function barred(bars: ReadonlyMap<string, Bar>, event: Control, at: number, now: number): ReadonlyMap<string, Bar> {
  if (!event.userId || !['timeout', 'ban', 'unban'].includes(event.action)) return bars;
  const next = new Map([...bars].filter(([, bar]) => bar.until > now));
  const bar = barOf(event, at);
  if (!bar) next.delete(event.userId);
  else if (event.action === 'ban' || next.get(event.userId)?.until !== Infinity) next.set(event.userId, bar);
  for (const oldest of next.keys()) {
    if (next.size <= BARS_KEPT) break;
    next.delete(oldest);
  }
  return next;
}

/** What a refusal of a message says about the viewer's bar; undefined: nothing. */
export function barByRefusal(why: Refusal, now: number): Bar | undefined {
  if (why.code === 'banned') return { until: Infinity, reason: '' };
  if (why.code === 'timed_out' && why.retryAfterMs) return { until: now + why.retryAfterMs, reason: '' };
  return undefined;
}

/** When a record was made, by its id, a UUIDv7: ms since the epoch; 0: it is none. */
export function timeOfId(id: string): number {
  const hex = id.replaceAll('-', '');
  return /^[0-9a-f]{12}7/i.test(hex) ? parseInt(hex.slice(0, 12), 16) : 0;
}
