// A summary as the page may show it, and the messages that it stands on.

import type { ChatMessage, Position, Summary } from '../wire.ts';
import { comparePositions } from './position.ts';

/** A summary without the sentences that cite what was removed since; null: nothing is left, or there never was one. */
export function standing(summary: Summary | null, deleted: ReadonlySet<string>, clearedBefore: Position): Summary | null {
  if (!summary?.sentences || (clearedBefore && comparePositions(summary.through, clearedBefore) < 0)) return null;
  const sentences = summary.sentences.filter(({ messageIds }) => !messageIds.some((id) => deleted.has(id)));
  return sentences.length > 0 ? { ...summary, sentences } : null;
}

export type Placed = ChatMessage & { position: Position };
/** The oldest messages after a position. */
export type Page = (after: Position) => Promise<Placed[]>;

/** A window of 10,000 messages is halved into a page of 200 in half as many. */
const STEPS = 24;

/**
 * Looks a message up among those after `from` and up to `through`: ids grow with
 * time, so the place is found by halving. undefined: it is not there, or removed.
 */
export async function findMessage(id: string, { from, through }: { from: Position; through: Position }, page: Page): Promise<Placed | undefined> {
  let low = from || '0.0';
  let high = through;
  let after = low;
  for (let step = 0; step < STEPS && comparePositions(low, high) < 0; step++) {
    const messages = await page(after);
    const found = messages.find((message) => message.id === id);
    if (found) return found.deleted ? undefined : found;
    const newest = messages.at(-1);
    if (newest && newest.id < id) low = newest.position;
    else if (after === low) return undefined; // all that is there lies after it
    else high = after;
    // In turn the middle and the beginning, which is where the place is in the end.
    after = step % 2 === 0 ? middle(low, high) : low;
  }
  return undefined;
}

/** Between two positions of an epoch; of two, the first. */
function middle(low: Position, high: Position): Position {
  const [epoch, from] = low.split('.').map(Number) as [number, number];
  const [other, to] = high.split('.').map(Number) as [number, number];
  return epoch === other ? `${epoch}.${from + Math.floor((to - from) / 2)}` : low;
}
