// Copy-paste waves: what many write at once is one line with a counter.

import type { Line, MessageLine } from './log.ts';

/** Later than this after the first, the same text is no copy of it. */
const WAVE_MS = 30_000;

/** A line to be shown; `copies` counts how many others say the same, `open` whether they are shown, too. */
export interface Shown {
  readonly line: Line;
  readonly copies: number;
  readonly open: boolean;
}

interface Wave {
  at: number;
  first: number;
  users: Set<string>;
  copies: number[];
}

/** What was worked out of a message, as long as the message is there. */
const known = new WeakMap<MessageLine['message'], { text: string; at: number }>();

/**
 * Gathers the copies of a text by others within 30 s into its first line. A line
 * of `me` is no copy: one looks for one's own. Keys in `open` are first lines whose
 * copies stand where they were written.
 */
export function gather(lines: readonly Line[], me: string | undefined, open: ReadonlySet<string>): Shown[] {
  const waves = new Map<string, Wave>();
  const waveOf = new Map<number, Wave>();
  lines.forEach((line, n) => {
    if (line.kind !== 'message' || line.withheld) return;
    const { text, at } = read(line.message);
    const user = line.message.sender?.id;
    if (!text || !user || user === me) return;
    const wave = waves.get(text);
    if (!wave || at - wave.at > WAVE_MS) waves.set(text, { at, first: n, users: new Set([user]), copies: [] });
    else if (!wave.users.has(user)) {
      wave.users.add(user);
      wave.copies.push(n);
      waveOf.set(wave.first, wave);
    }
  });
  const folded = new Set<number>();
  for (const [first, wave] of waveOf) if (!open.has(lines[first]!.key)) wave.copies.forEach((n) => folded.add(n));
  const shown: Shown[] = [];
  lines.forEach((line, n) => {
    if (!folded.has(n)) shown.push({ line, copies: waveOf.get(n)?.copies.length ?? 0, open: open.has(line.key) });
  });
  return shown;
}

function read(message: MessageLine['message']) {
  let found = known.get(message);
  if (!found) known.set(message, (found = { text: plain(message.content), at: Date.parse(message.createdAt) }));
  return found;
}

/** A text without what copies of it differ in: case, spaces, punctuation, how long a letter is drawn. */
export function plain(text: string): string {
  const lower = text.normalize('NFKC').toLowerCase();
  const bare = lower.replace(/[\s\p{P}]+/gu, '') || lower.trim();
  return bare.replace(/(\D)\1{2,}/gu, '$1$1');
}
