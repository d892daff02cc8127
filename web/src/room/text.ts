// How long a text is: in characters as people perceive them, and in bytes.

export const MAX_CHARACTERS = 500;
export const MAX_BYTES = 4096;

const segmenter = typeof Intl.Segmenter === 'function' ? new Intl.Segmenter(undefined, { granularity: 'grapheme' }) : null;
const encoder = new TextEncoder();

/** User-perceived characters of the normalised text, without surrounding space. */
export function countCharacters(text: string): number {
  const normal = text.trim().normalize('NFC');
  if (!segmenter) return [...normal].length;
  let count = 0;
  for (const _ of segmenter.segment(normal)) count++;
  return count;
}

/** Why a text cannot be sent as it is; the server has the last word. */
export function tooLong(text: string): boolean {
  return countCharacters(text) > MAX_CHARACTERS || encoder.encode(text.trim().normalize('NFC')).length > MAX_BYTES;
}
