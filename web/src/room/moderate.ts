// What a moderator does, by a button or by a command: it is asked of the server,
// and what became of it is said in the list.

import { Refused } from '../api/http.ts';
import { moderate } from '../api/moderation.ts';
import type { Order, Settings } from '../wire.ts';
import { explain } from '../words/language.ts';
import type { Words } from '../words/words.ts';
import { resolve, usage, type Command } from './command.ts';
import type { Room } from './room.ts';
import { moderates } from './rules.ts';

export interface Person {
  id?: string;
  name: string;
}

/** The timeouts that are one click away, in seconds. */
export const TIMEOUTS = [60, 600, 3_600] as const;

/** Withholds a message; that it is gone says enough. */
export function remove(room: Room, messageId: string): Promise<boolean> {
  return ask(room, { action: 'delete', messageId });
}

export function timeOut(room: Room, who: Person, seconds: number, reason = ''): Promise<boolean> {
  const order: Order = { action: 'timeout', ...whom(who), seconds, ...(reason && { reason }) };
  return ask(room, order, (w) => w.youTimedOut(who.name, w.duration(seconds)), who);
}

export function ban(room: Room, who: Person, reason = ''): Promise<boolean> {
  return ask(room, { action: 'ban', ...whom(who), ...(reason && { reason }) }, (w) => w.youBanned(who.name), who);
}

export function unban(room: Room, who: Person): Promise<boolean> {
  return ask(room, { action: 'unban', ...whom(who) }, (w) => w.youUnbanned(who.name));
}

export function clear(room: Room): Promise<boolean> {
  return ask(room, { action: 'clear' });
}

/** Everybody is told by the room's events. */
export function set(room: Room, some: Partial<Settings>): Promise<boolean> {
  return ask(room, { action: 'settings', settings: some });
}

function whom({ id, name }: Person): Pick<Order, 'userId' | 'name'> {
  return id ? { userId: id } : { name };
}

/** Whether it was done; the list says why not. barred: whom the answer offers to unban. */
async function ask(room: Room, order: Order, done?: (w: Words) => string, barred?: Person): Promise<boolean> {
  try {
    const { action } = await moderate(room.id, order);
    const id = barred?.id ?? action.userId; // who it was, where only a name was known
    if (done) room.note({ say: done, ...(barred && id && { undo: { id, name: barred.name } }) });
    return true;
  } catch (err) {
    if (!(err instanceof Refused)) throw err;
    room.note({ say: (w) => w.notDone(explain(w, err.refusal)), bad: true });
    return false;
  }
}

/** Carries out what was typed; whether it was done. */
export async function carryOut(room: Room, command: Command): Promise<boolean> {
  const rules = moderates(room.roles.peek());
  if (command.do === 'help') {
    const list = (rules ? Object.values(usage) : [usage.help]).join(' · ');
    room.note({ say: (w) => w.commandHelp(list) });
    return true;
  }
  if (!rules) return complain(room, (w) => w.onlyModerators);
  switch (command.do) {
    case 'clear':
      return clear(room);
    case 'slow':
      return set(room, { slowSeconds: command.seconds });
    case 'chat':
      return set(room, { chat: command.chat });
  }
  const { name } = command;
  const meant = resolve(name, room.people());
  if (meant.length > 1) {
    const list = meant.map((person) => person.name).join(', ');
    return complain(room, (w) => w.severalCalled(name, list));
  }
  const who: Person = meant[0] ?? { name };
  switch (command.do) {
    case 'timeout':
      return timeOut(room, who, command.seconds, command.reason);
    case 'ban':
      return ban(room, who, command.reason);
    case 'unban':
      return unban(room, who);
    case 'delete': {
      const line = who.id && room.newestOf(who.id);
      return line ? remove(room, line.message.id) : complain(room, (w) => w.nothingBy(name));
    }
  }
}

/** Says why not; nothing was done. */
export function complain(room: Room, say: (w: Words) => string): false {
  room.note({ say, bad: true });
  return false;
}
