// Where a text speaks of somebody by name, and how the composer writes a name.

/** A part of a text; `mention` where it is the name. The parts joined are the text. */
export interface Said {
  text: string;
  mention: boolean;
}

/** A guest's name and the number that tells guests of one name apart. */
const GUEST = /^(.+)(#\d{4})$/su;
/** Without an @ a shorter name would be found in common words. */
const BARE_LENGTH = { ascii: 4, other: 2 };

const finders = new Map<string, RegExp | null>();
const FINDERS_KEPT = 8;

/** Splits a text at mentions of a name: `@name` anywhere, the bare name as a word of its own. */
export function splitMentions(text: string, name: string): Said[] {
  const find = finder(name);
  if (!find || text.length < 2) return [{ text, mention: false }];
  const parts: Said[] = [];
  let end = 0;
  for (const match of text.matchAll(find)) {
    if (match.index > end) parts.push({ text: text.slice(end, match.index), mention: false });
    parts.push({ text: match[0], mention: true });
    end = match.index + match[0].length;
  }
  if (end < text.length || parts.length === 0) parts.push({ text: text.slice(end), mention: false });
  return parts;
}

export function mentions(text: string, name: string): boolean {
  const find = finder(name);
  return find !== null && find.test(text);
}

/** A viewer has one name, and it is looked for in every message: the expression is kept. */
function finder(name: string): RegExp | null {
  let find = finders.get(name);
  if (find === undefined) {
    if (finders.size >= FINDERS_KEPT) finders.clear();
    find = expression(name.trim());
    finders.set(name, find);
  }
  if (find) find.lastIndex = 0; // where the last search left it
  return find;
}

function expression(name: string): RegExp | null {
  if (!name) return null;
  const [, own = name, number = ''] = GUEST.exec(name) ?? [];
  // Somebody of the same name with another number is somebody else.
  const numbered = escape(own) + (number ? `(?:${number}|(?!#\\d{4}))` : '(?!#\\d{4})');
  // Latin words end where letters end; to a Korean name particles are attached.
  const after = /[a-z0-9_]$/i.test(own) ? '(?![a-z0-9_])' : '';
  const word = numbered + after;
  const ascii = /^[\x20-\x7e]*$/.test(own);
  const bare = [...own].length >= (ascii ? BARE_LENGTH.ascii : BARE_LENGTH.other);
  return new RegExp(bare ? `(?:@|(?<![\\p{L}\\p{N}_@/.]))${word}` : `@${word}`, 'giu');
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** The draft with `@name ` at the caret, and where the caret is then. */
export function insertMention(draft: string, caret: number, name: string): { text: string; caret: number } {
  return insert(draft, caret, `@${name} `, true);
}

/** The draft with something at the caret; spaced: apart from the word before. */
export function insert(draft: string, caret: number, what: string, spaced = false): { text: string; caret: number } {
  const before = draft.slice(0, caret);
  const gap = spaced && before !== '' && !/\s$/.test(before) ? ' ' : '';
  const start = before + gap + what;
  const rest = draft.slice(caret);
  return { text: start + (spaced ? rest.replace(/^ /, '') : rest), caret: start.length };
}
