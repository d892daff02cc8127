// Commands that are typed into the composer, read into what they ask for.

/** What a command asks for. Names are as they were typed or as the room knows them. */
export type Command =
  | { do: 'timeout'; name: string; seconds: number; reason: string }
  | { do: 'ban'; name: string; reason: string }
  | { do: 'unban'; name: string }
  | { do: 'delete'; name: string }
  | { do: 'clear' }
  | { do: 'slow'; seconds: number }
  | { do: 'chat'; chat: 'open' | 'accounts' | 'off' }
  | { do: 'help' };

export type Verb = Command['do'];

/** A text to send, a command, or why it is neither; `usage` shows how to write it. */
export type Reading =
  | { is: 'text'; text: string }
  | { is: 'command'; command: Command }
  | { is: 'unknown'; word: string }
  | { is: 'incomplete'; verb: Verb };

/** How each command is written; brackets mean that it may be left out. */
export const usage: Record<Verb, string> = {
  timeout: '/timeout name 600 [reason]',
  ban: '/ban name [reason]',
  unban: '/unban name',
  delete: '/delete name',
  clear: '/clear',
  slow: '/slow 30',
  chat: '/chat open|accounts|off',
  help: '/help',
};

export const DEFAULT_TIMEOUT_S = 600;
export const MAX_TIMEOUT_S = 14 * 24 * 60 * 60;
export const MAX_SLOW_S = 120;

/**
 * Reads what somebody wrote. `names` are the people of the room: a name of
 * several words is found by them, or by quotes. `//` at the start is a text
 * that begins with one slash.
 */
export function read(written: string, names: readonly string[] = []): Reading {
  const text = written.trim();
  if (text.startsWith('//')) return { is: 'text', text: text.slice(1) };
  const match = /^\/(\p{L}+)(?:\s+(.*))?$/su.exec(text);
  // `/` alone, a path, a fraction: no command is meant.
  if (!match) return { is: 'text', text };
  const word = match[1]!.toLowerCase();
  if (!Object.hasOwn(usage, word)) return { is: 'unknown', word };
  const verb = word as Verb;
  const command = parse(verb, (match[2] ?? '').trim(), names);
  return command ? { is: 'command', command } : { is: 'incomplete', verb };
}

function parse(verb: Verb, rest: string, names: readonly string[]): Command | null {
  switch (verb) {
    case 'clear':
    case 'help':
      return rest === '' ? { do: verb } : null;
    case 'slow': {
      const seconds = rest === 'off' ? 0 : duration(rest);
      return seconds !== null && seconds <= MAX_SLOW_S ? { do: 'slow', seconds } : null;
    }
    case 'chat':
      return rest === 'open' || rest === 'accounts' || rest === 'off' ? { do: 'chat', chat: rest } : null;
  }
  const { name, after } = who(rest, names);
  if (name === '') return null;
  switch (verb) {
    case 'unban':
    case 'delete':
      return after === '' ? { do: verb, name } : null;
    case 'ban':
      return { do: 'ban', name, reason: after };
    case 'timeout': {
      const [first = '', ...others] = after.split(/\s+/);
      const given = duration(first);
      const seconds = given ?? DEFAULT_TIMEOUT_S;
      if (seconds < 1 || seconds > MAX_TIMEOUT_S) return null;
      return { do: 'timeout', name, seconds, reason: given === null ? after : others.join(' ') };
    }
  }
}

/** Takes a name from the start: quoted, one of the room's, or else the first word. */
function who(rest: string, names: readonly string[]): { name: string; after: string } {
  const text = rest.replace(/^@/, '');
  const quoted = /^(["“”'])(.+?)(?:\1|["“”])(?:\s+(.*))?$/su.exec(text);
  if (quoted) return { name: quoted[2]!.replace(/^@/, '').trim(), after: (quoted[3] ?? '').trim() };
  const lower = text.toLowerCase();
  let name = '';
  for (const known of names) {
    const fits = lower.startsWith(known.toLowerCase()) && /^(\s|$)/.test(text.slice(known.length));
    if (fits && known.length > name.length) name = known;
  }
  name ||= /^\S*/.exec(text)![0];
  return { name, after: text.slice(name.length).trim() };
}

/** Seconds: `90`, `90s`, `10m`, `1h`, `2d`; null: that is no duration. */
export function duration(text: string): number | null {
  const match = /^(\d{1,7})([smhd]?)$/i.exec(text);
  if (!match) return null;
  const unit = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 }[match[2]!.toLowerCase()]!;
  return Number(match[1]) * unit;
}

/** Who is meant by a name: those called just so, else the guests who chose it, whatever their number. */
export function resolve(name: string, people: readonly { id: string; name: string }[]): { id: string; name: string }[] {
  const same = (text: string) => text.normalize('NFC').toLowerCase() === name.normalize('NFC').toLowerCase();
  const exact = people.filter((person) => same(person.name));
  return exact.length > 0 ? exact.slice(0, 1) : people.filter((person) => same(person.name.replace(/#\d{4}$/, '')));
}
