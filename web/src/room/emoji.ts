// Finding emoji by what people call them, in Korean and English.

export interface Emoji {
  char: string;
  /** What it is called, in lower case, the first of each language first. */
  ko: readonly string[];
  en: readonly string[];
}

export type EmojiGroup = 'smileys' | 'gestures' | 'hearts' | 'party' | 'nature' | 'food' | 'things' | 'signs';

export interface EmojiSet {
  group: EmojiGroup;
  list: readonly Emoji[];
}

/** Reads a table: an emoji a line, `😀 웃음,미소|grin,happy`. */
export function readEmoji(table: string): Emoji[] {
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [char = '', ...rest] = line.trim().split(' ');
      const [ko = '', en = ''] = rest.join(' ').split('|');
      return { char, ko: ko.split(','), en: en.split(',') };
    });
}

/**
 * What fits a search, the best first: called just that, then beginning so, then
 * having it somewhere. Every word of the search has to fit; none: everything.
 */
export function searchEmoji(sets: readonly EmojiSet[], search: string): Emoji[] {
  const wanted = search.normalize('NFC').toLowerCase().split(/\s+/).filter(Boolean);
  const all = sets.flatMap((set) => set.list);
  if (wanted.length === 0) return [...all];
  return all
    .map((emoji, place) => ({ emoji, place, rank: rank(emoji, wanted) }))
    .filter(({ rank }) => rank < MISS)
    .sort((a, b) => a.rank - b.rank || a.place - b.place)
    .map(({ emoji }) => emoji);
}

const MISS = 3;

/** The rank of the word that fits worst. */
function rank(emoji: Emoji, wanted: readonly string[]): number {
  const names = [...emoji.ko, ...emoji.en];
  return Math.max(
    ...wanted.map((word) => {
      if (word === emoji.char || names.includes(word)) return 0;
      if (names.some((name) => name.startsWith(word))) return 1;
      return names.some((name) => name.includes(word)) ? 2 : MISS;
    }),
  );
}

/** The place in a grid that a key leads to from a place; null: the key is not for the grid. */
export function gridStep(key: string, place: number, size: number, columns: number): number | null {
  const row = Math.floor(place / columns) * columns;
  const to = {
    ArrowRight: place + 1,
    ArrowLeft: place - 1,
    ArrowDown: place + columns,
    ArrowUp: place - columns,
    Home: row,
    End: Math.min(row + columns, size) - 1,
    PageDown: Math.min(place + 4 * columns, size - 1),
    PageUp: Math.max(place - 4 * columns, 0),
  }[key];
  if (to === undefined || size === 0) return null;
  return to < 0 || to >= size ? place : to;
}
