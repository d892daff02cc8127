// The message list as a pure reducer: what arrives in log order becomes a
// bounded list of lines, each message once, and what is missing is said.

import type { ChatMessage, Control, Position, Settings } from '../wire.ts';
import type { Words } from '../words/words.ts';
import { comparePositions } from './position.ts';

/** How many lines the page keeps; the rest is history on the server. */
export const KEPT = 300;
/** How many ids are remembered, to recognise repeats and early deletions. */
const REMEMBERED = 4 * KEPT;

export type Line =
  | { kind: 'message'; key: string; position: Position; message: ChatMessage; withheld: boolean }
  | { kind: 'missed'; key: string; count: number }
  | { kind: 'gap'; key: string }
  | { kind: 'cleared'; key: string }
  | { kind: 'barred'; key: string; action: BarAction; seconds: number; names: readonly string[]; count: number }
  | { kind: 'settings'; key: string; settings: Settings }
  | { kind: 'note'; key: string; note: Note };

export type MessageLine = Extract<Line, { kind: 'message' }>;
export type BarredLine = Extract<Line, { kind: 'barred' }>;
type BarAction = 'timeout' | 'ban' | 'unban';

/** What the page says to this reader alone: the answer to a command, for one. */
export interface Note {
  /** In whatever language the page has by then. */
  say: (w: Words) => string;
  bad?: boolean;
  /** Somebody whose ban or timeout the reader may take back from here. */
  undo?: { id: string; name: string };
}

/** How many people one line names; of the others it says how many they are. */
const NAMED = 3;

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

/** Says something to this reader alone. */
export function note(log: Log, said: Note): Log {
  return push(log, { kind: 'note', key: `mark-${log.marks}`, note: said });
}

/** What was said to the reader since the list is held still, the newest; null: nothing. */
export function noteWhileHeld(log: Log): Note | null {
  if (!log.held) return null;
  const shown = log.held.at(-1)?.key;
  for (const line of [...log.lines].reverse()) {
    if (line.key === shown) break;
    if (line.kind === 'note') return line.note;
  }
  return null;
}

/** Those who wrote, the newest first, each once; as they are called now. */
export function people(lines: readonly Line[]): { id: string; name: string }[] {
  const found = new Map<string, string>();
  for (const line of [...lines].reverse()) {
    const sender = line.kind === 'message' ? line.message.sender : null;
    if (sender?.id && sender.name && !found.has(sender.id)) found.set(sender.id, sender.name);
  }
  return [...found].map(([id, name]) => ({ id, name }));
}

/** A message by its id, if its text can be read. */
export function messageOf(lines: readonly Line[], id: string): ChatMessage | undefined {
  const line = lines.find((one) => one.key === id);
  return line?.kind === 'message' && !line.withheld ? line.message : undefined;
}

/** The newest message of somebody whose text can still be read. */
export function newestOf(lines: readonly Line[], userId: string): MessageLine | undefined {
  const theirs = (line: Line): line is MessageLine => line.kind === 'message' && !line.withheld && line.message.sender.id === userId;
  return lines.filter(theirs).at(-1);
}

/**
 * Applies a room event, also to what the reader holds still. Of one that is
 * replayed only the effect is shown: where it stood among the messages is not known.
 */
export function control(log: Log, event: Control, position: Position, replayed = false): Log {
  if (event.action === 'delete' && event.messageId) {
    const id = event.messageId;
    const hit = (line: MessageLine) => line.message.id === id;
    return withhold({ ...log, deleted: newest(new Set(log.deleted).add(id)) }, hit);
  }
  if (event.action === 'clear') {
    const hit = (line: MessageLine) => comparePositions(line.position, position) < 0;
    const cleared = withhold({ ...log, clearedBefore: position }, hit);
    return push(cleared, { kind: 'cleared', key: `mark-${log.marks}` });
  }
  if (replayed) return log;
  if (event.action === 'settings' && event.settings) {
    return push(log, { kind: 'settings', key: `mark-${log.marks}`, settings: event.settings });
  }
  if (event.userId && (event.action === 'timeout' || event.action === 'ban' || event.action === 'unban')) {
    return bar(log, event.action, event.userId, event.seconds ?? 0);
  }
  return log;
}

/** In a raid many are banned in a row: that is one line. */
function bar(log: Log, action: BarAction, userId: string, seconds: number): Log {
  const name = people(log.lines).find(({ id }) => id === userId)?.name;
  const end = log.lines.at(-1);
  if (end?.kind === 'barred' && end.action === action && end.seconds === seconds) {
    const names = name && end.names.length < NAMED ? [...end.names, name] : end.names;
    return { ...log, lines: [...log.lines.slice(0, -1), { ...end, names, count: end.count + 1 }] };
  }
  return push(log, { kind: 'barred', key: `mark-${log.marks}`, action, seconds, names: name ? [name] : [], count: 1 });
}

function push(log: Log, line: Line): Log {
  return { ...log, lines: [...log.lines, line].slice(-KEPT), marks: log.marks + 1 };
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
