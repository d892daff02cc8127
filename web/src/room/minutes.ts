// The mood over time: minutes as the server counted them, made into lines of a
// chart.

import { moods, type Minute } from '../wire.ts';

const MINUTE_MS = 60_000;

/** The minutes known so far with those of an answer, which are newer where both have one. */
export function mergeMinutes(have: readonly Minute[], came: readonly Minute[], keepFrom: number): Minute[] {
  const byTime = new Map<number, Minute>();
  for (const minute of [...have, ...came]) {
    const at = Date.parse(minute.at);
    if (at >= keepFrom) byTime.set(at, minute);
  }
  return [...byTime].sort(([a], [b]) => a - b).map(([, minute]) => minute);
}

/** Where to ask from next: the newest known minute again, since it may have grown. */
export function askFrom(have: readonly Minute[], oldest: number): number {
  const newest = have.at(-1);
  return newest ? Math.max(oldest, Date.parse(newest.at)) : oldest;
}

/** Columns of a chart: seconds since the epoch, then a line per mood in the order of the moods. */
export type Columns = [number[], ...number[][]];

/**
 * A point for each minute of [from, to): one that the server left out had no
 * messages. A stream that began later begins later here too.
 */
export function columns(minutes: readonly Minute[], from: number, to: number): Columns {
  const known = new Map(minutes.map((minute) => [floor(Date.parse(minute.at)), minute]));
  const first = Math.min(...known.keys());
  const start = Math.max(floor(from), Number.isFinite(first) ? first - MINUTE_MS : floor(to) - MINUTE_MS);
  const table: Columns = [[], ...moods.map((): number[] => [])];
  for (let at = start; at < to; at += MINUTE_MS) {
    table[0].push(at / 1000);
    const counts = known.get(at)?.counts;
    moods.forEach((mood, i) => table[i + 1]!.push(counts?.[mood] ?? 0));
  }
  return table;
}

/** The upper end of an axis: a round number, 4 at least, whose half is whole. */
export function ceiling(most: number): number {
  let power = 1;
  while (power * 10 < most) power *= 10;
  return [4, 2 * power, 4 * power, 6 * power, 10 * power].filter((end) => end >= Math.max(4, most)).sort((a, b) => a - b)[0]!;
}

/** A line through values at 0, 1, 2 …, in a picture as high as `top`, in which y grows downwards. */
export function linePath(values: readonly number[], top: number): string {
  return values.map((value, at) => `${at === 0 ? 'M' : 'L'}${at} ${top - value}`).join('');
}

function floor(at: number): number {
  return Math.floor(at / MINUTE_MS) * MINUTE_MS;
}
