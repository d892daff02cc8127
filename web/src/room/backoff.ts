const FIRST_MS = 500;
const LONGEST_MS = 20_000;

/**
 * How long to wait before attempt n (from 0), in milliseconds: doubling, and
 * spread over its upper half, so that the viewers of a restarted server do not
 * all come back in the same instant. `least` is what the server asked for.
 */
export function backoff(attempt: number, random: number, least = 0): number {
  const step = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return Math.round(least + step * (0.5 + random / 2));
}
