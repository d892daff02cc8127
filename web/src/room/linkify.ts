// Which parts of a text are links: web addresses that a person wrote out, shown
// as they are.

/** A part of a text; href where it leads somewhere. The parts joined are the text. */
export interface Part {
  text: string;
  href?: string;
}

/**
 * The host in ASCII: a name that looks like another in some script never becomes
 * a link, and a Korean particle right after the host does not belong to it.
 */
const ADDRESS = /\bhttps?:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?(?:[/?#][^\s<>"'`]*)?/gi;
/** Letters that cannot be a Korean particle. */
const FOREIGN = /^(?!\p{Script=Hangul})[\p{L}\p{N}]/u;
/** What may stand after an address and is hardly part of it. */
const TRAILING = /[.,!?;:…。、)\]}~*_]+$/u;
const PAIRS: Record<string, string> = { ')': '(', ']': '[', '}': '{' };

export function linkify(text: string): Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const shown = trim(match[0]);
    const href = address(shown, text[match.index + shown.length]);
    if (!href) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index) });
    parts.push({ text: shown, href });
    end = match.index + shown.length;
  }
  if (end < text.length || parts.length === 0) parts.push({ text: text.slice(end) });
  return parts;
}

/** Takes closing signs off the end, but not those that the address opened. */
function trim(address: string): string {
  let kept = address;
  for (;;) {
    const last = kept.at(-1) ?? '';
    const open = PAIRS[last];
    if (!TRAILING.test(last) || (open && count(kept, open) >= count(kept, last))) return kept;
    kept = kept.slice(0, -1);
  }
}

function count(text: string, sign: string): number {
  return text.split(sign).length - 1;
}

/** The address to follow, or '' for what only looks like one. */
function address(shown: string, next: string | undefined): string {
  // `https://bank.example@evil.example`, or a host that goes on in another script:
  // what a person reads is not where it leads.
  if (next === '@' || FOREIGN.test(next ?? '') || !URL.canParse(shown)) return '';
  const url = new URL(shown);
  return (url.protocol === 'https:' || url.protocol === 'http:') && url.username === '' && url.password === '' ? url.href : '';
}
