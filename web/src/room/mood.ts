// How the mood bar reads an analysis: shares that sum to 100, and how far it is
// behind the messages on the page.

import { moods, type Analysis, type Counts, type Mood, type Position } from '../wire.ts';
import { comparePositions } from './position.ts';

/** From here on the bar says that it is behind, and from STALE_S on that it is stale. */
export const BEHIND_S = 2;
export const STALE_S = 10;

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

/** What the page knows about the age of its newest analysis. */
export interface Freshness {
  readonly through: Position;
  /** Age the server gave with it, ms, and when it came. */
  readonly age: number;
  readonly at: number;
  /** Messages that it does not count yet, oldest first, bounded. */
  readonly uncounted: readonly { position: Position; at: number }[];
}

export const unknownFreshness: Freshness = { through: '', age: 0, at: 0, uncounted: [] };
const UNCOUNTED_KEPT = 200;

/** Messages came, `at` being when, on the page's clock. */
export function messagesCame(f: Freshness, positions: readonly Position[], at: number): Freshness {
  const later = positions.filter((position) => comparePositions(position, f.through) > 0);
  if (later.length === 0) return f;
  const uncounted = [...f.uncounted, ...later.map((position) => ({ position, at }))];
  // The oldest decides now and the newest in the end; those between can go.
  if (uncounted.length > UNCOUNTED_KEPT) uncounted.splice(UNCOUNTED_KEPT - 1, uncounted.length - UNCOUNTED_KEPT);
  return { ...f, uncounted };
}

/** A newer analysis came. */
export function analysisCame(f: Freshness, analysis: Analysis, at: number): Freshness {
  const { through } = analysis;
  const uncounted = f.uncounted.filter(({ position }) => comparePositions(position, through) > 0);
  return { through, age: Math.max(0, analysis.age ?? 0), at, uncounted };
}

/**
 * How many seconds the mood is behind. A quiet room's mood does not age: only a
 * message of this room that is not counted yet makes it old. (The server's age
 * is that of a whole partition: other rooms may be behind while this one is not.)
 */
export function behindSeconds(f: Freshness, now: number): number {
  const oldest = f.uncounted[0];
  if (!oldest) return 0;
  const own = now - oldest.at;
  const told = f.age > 0 ? f.age + now - f.at : 0;
  return Math.floor(Math.max(own, told) / 1000);
}

/** Whether a result is older than the one already shown. */
export function isOlder(analysis: Analysis, than: Analysis | null): boolean {
  return than !== null && comparePositions(analysis.through, than.through) < 0;
}
