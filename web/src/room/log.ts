// The message list as a pure reducer: what arrives in log order becomes a
// bounded list of lines, each message once, and what is missing is said.

import type { ChatMessage, Control, Position } from '../wire.ts';
import { comparePositions } from './position.ts';

/** How many lines the page keeps; the rest is history on the server. */
export const KEPT = 300;
/** How many ids are remembered, to recognise repeats and early deletions. */
const REMEMBERED = 4 * KEPT;

export type Line =
  | { kind: 'message'; key: string; position: Position; message: ChatMessage; withheld: boolean }
  | { kind: 'missed'; key: string; count: number }
  | { kind: 'gap'; key: string }
  | { kind: 'cleared'; key: string };

export type MessageLine = Extract<Line, { kind: 'message' }>;

/** A message as it came over a subscription. */
export interface Arrival {
  message: ChatMessage;
  position: Position;
  /** The position of the one before; empty or absent: unknown, nothing to check. */
  prev?: Position;
  /** How many messages the server left out before this one. */
  skipped?: number;
  /** Before this one something may be missing, and nobody knows how much. */
  gap?: boolean;
}

export interface Log {
  /** Newest last, at most KEPT. */
  readonly lines: readonly Line[];
  /** The lines the reader holds still while scrolled up; null: follows. */
  readonly held: readonly Line[] | null;
  /** Messages that came while held. */
  readonly unread: number;
  /** Position of the newest message; empty: none yet. */
  readonly last: Position;
  /** Messages before it are withheld. */
  readonly clearedBefore: Position;
  /** Ids seen and ids deleted, oldest first, at most REMEMBERED each. */
  readonly seen: ReadonlySet<string>;
  readonly deleted: ReadonlySet<string>;
  /** Makes keys for lines that are not messages. */
  readonly marks: number;
}

export const emptyLog: Log = {
  lines: [],
  held: null,
  unread: 0,
  last: '',
  clearedBefore: '',
  seen: new Set(),
  deleted: new Set(),
  marks: 0,
};

/** Adds a batch, in the order of arrival. */
export function arrive(log: Log, arrivals: readonly Arrival[]): Log {
  const lines = [...log.lines];
  const seen = new Set(log.seen);
  let { last, marks, unread } = log;
  for (const arrival of arrivals) {
    const { message, position, prev } = arrival;
    if (arrival.skipped) marks = pushMissed(lines, arrival.skipped, marks);
    else if (arrival.gap) marks = pushGap(lines, marks);
    if (seen.has(message.id)) continue;
    // The chain shows a loss that was not declared; the reader is told of it.
    const broken = prev && last && prev !== last && !arrival.skipped && !arrival.gap;
    if (broken) marks = pushGap(lines, marks);
    seen.add(message.id);
    last = position;
    const withheld =
      message.deleted === true ||
      log.deleted.has(message.id) ||
      (log.clearedBefore !== '' && comparePositions(position, log.clearedBefore) < 0);
    lines.push({ kind: 'message', key: message.id, position, message, withheld });
    if (log.held) unread++;
  }
  return { ...log, lines: lines.slice(-KEPT), seen: newest(seen), last, marks, unread };
}

/** Notes messages left out that no later message has declared. */
export function miss(log: Log, count: number): Log {
  const lines = [...log.lines];
  const marks = count > 0 ? pushMissed(lines, count, log.marks) : pushGap(lines, log.marks);
  return { ...log, lines: lines.slice(-KEPT), marks };
}

/** Applies a room event, also to what the reader holds still. */
export function control(log: Log, event: Control, position: Position): Log {
  if (event.action === 'delete' && event.messageId) {
    const id = event.messageId;
    const hit = (line: MessageLine) => line.message.id === id;
    return withhold({ ...log, deleted: newest(new Set(log.deleted).add(id)) }, hit);
  }
  if (event.action === 'clear') {
    const hit = (line: MessageLine) => comparePositions(line.position, position) < 0;
    const cleared = withhold({ ...log, clearedBefore: position }, hit);
    const mark: Line = { kind: 'cleared', key: `mark-${log.marks}` };
    return { ...cleared, lines: [...cleared.lines, mark].slice(-KEPT), marks: log.marks + 1 };
  }
  return log;
}

/** The reader scrolled up: what is shown stays as it is. */
export function hold(log: Log): Log {
  return log.held ? log : { ...log, held: log.lines, unread: 0 };
}

/** The reader is back at the bottom. */
export function follow(log: Log): Log {
  return log.held ? { ...log, held: null, unread: 0 } : log;
}

function withhold(log: Log, hit: (line: MessageLine) => boolean): Log {
  const apply = (line: Line): Line =>
    line.kind === 'message' && !line.withheld && hit(line) ? { ...line, withheld: true } : line;
  return { ...log, lines: log.lines.map(apply), held: log.held && log.held.map(apply) };
}

/** One line says how many are missing in a row, however often it was declared. */
function pushMissed(lines: Line[], count: number, marks: number): number {
  const end = lines.at(-1);
  if (end?.kind === 'missed') {
    lines[lines.length - 1] = { ...end, count: end.count + count };
    return marks;
  }
  lines.push({ kind: 'missed', key: `mark-${marks}`, count });
  return marks + 1;
}

function pushGap(lines: Line[], marks: number): number {
  if (lines.length === 0 || lines.at(-1)?.kind === 'gap') return marks;
  lines.push({ kind: 'gap', key: `mark-${marks}` });
  return marks + 1;
}

function newest(ids: Set<string>): ReadonlySet<string> {
  for (const id of ids) {
    if (ids.size <= REMEMBERED) break;
    ids.delete(id);
  }
  return ids;
}
