// How the mood bar reads an analysis: shares that sum to 100, and how far it is
// behind the messages on the page.

import { moods, type Analysis, type Counts, type Mood, type Position } from '../wire.ts';
import { comparePositions } from './position.ts';

/** From here on the bar says that it is behind, and from STALE_MS on that it is stale. */
export const BEHIND_MS = 2_000;
export const STALE_MS = 10_000;

export interface Share {
  mood: Mood;
  count: number;
  /** Whole per cent; all of them sum to 100, or to 0 when nothing was counted. */
  percent: number;
}

/** Shares by largest remainder, in the order of the moods. */
export function shares(counts: Counts): Share[] {
  const list = moods.map((mood) => ({ mood, count: Math.max(0, counts[mood] ?? 0), percent: 0, rest: 0 }));
  const total = list.reduce((sum, share) => sum + share.count, 0);
  if (total > 0) {
    for (const share of list) {
      const exact = (share.count * 100) / total;
      share.percent = Math.floor(exact);
      share.rest = exact - share.percent;
    }
    const left = 100 - list.reduce((sum, share) => sum + share.percent, 0);
    for (const share of [...list].sort((a, b) => b.rest - a.rest).slice(0, left)) share.percent++;
  }
  return list.map(({ mood, count, percent }) => ({ mood, count, percent }));
}

/** A message as far as the age of the mood goes; times in ms since the epoch. */
export interface Seen {
  position: Position;
  /** When it was logged, on the server's clock; NaN: unknown. */
  logged: number;
  /** When it came, on the page's clock. */
  came: number;
  /** It came as it was said, not from history. */
  live: boolean;
}

/** What the page knows about the age of its newest analysis. */
export interface Freshness {
  readonly through: Position;
  /** Up to when everything is counted, on the server's clock, if it was behind when it said so; else NaN. */
  readonly throughTime: number;
  /** The page has seen a message that is counted: none before the uncounted ones is unseen. */
  readonly joined: boolean;
  /** Messages that it does not count yet, oldest first, bounded. */
  readonly uncounted: readonly { position: Position; logged: number }[];
  /** How far the page's clock is ahead of the server's, ms; null: nothing came live yet. */
  readonly ahead: number | null;
}

export const unknownFreshness: Freshness = { through: '', throughTime: NaN, joined: false, uncounted: [], ahead: null };
const UNCOUNTED_KEPT = 200;

/** Messages came, in log order. */
export function messagesCame(f: Freshness, messages: readonly Seen[]): Freshness {
  let { joined, ahead } = f;
  const later: Freshness['uncounted'][number][] = [];
  for (const { position, logged, came, live } of messages) {
    // What took least on its way tells most about the clocks.
    if (live && came - logged < (ahead ?? Infinity)) ahead = came - logged;
    if (comparePositions(position, f.through) > 0) later.push({ position, logged: Number.isNaN(logged) ? came - (ahead ?? 0) : logged });
    else joined = true;
  }
  if (later.length === 0 && joined === f.joined && ahead === f.ahead) return f;
  const uncounted = [...f.uncounted, ...later];
  // The oldest decides now and the newest in the end; those between can go.
  if (uncounted.length > UNCOUNTED_KEPT) uncounted.splice(UNCOUNTED_KEPT - 1, uncounted.length - UNCOUNTED_KEPT);
  return { ...f, joined, ahead, uncounted };
}

/** A newer analysis came. */
export function analysisCame(f: Freshness, analysis: Analysis): Freshness {
  const { through } = analysis;
  const uncounted = f.uncounted.filter(({ position }) => comparePositions(position, through) > 0);
  const throughTime = (analysis.age ?? 0) > 0 ? Date.parse(analysis.throughTime ?? '') : NaN;
  return { ...f, through, throughTime, joined: f.joined || uncounted.length < f.uncounted.length, uncounted };
}

/**
 * How far the mood is behind, in ms: as long as the oldest message of this room
 * that it does not count was logged ago. So a quiet room's mood does not age, and
 * other rooms may be behind, which the server's age is about, while this one is
 * not. Only who came to a room that was behind already has to go by that, since
 * messages may be missing that the page has never seen.
 */
export function behindMs(f: Freshness, now: number): number {
  const oldest = f.uncounted[0];
  if (!oldest) return 0;
  const since = f.joined || Number.isNaN(f.throughTime) ? oldest.logged : Math.min(oldest.logged, f.throughTime);
  return Math.max(0, now - (f.ahead ?? 0) - since);
}

/** Whether a result is older than the one already shown. */
export function isOlder(analysis: Analysis, than: Analysis | null): boolean {
  return than !== null && comparePositions(analysis.through, than.through) < 0;
}
