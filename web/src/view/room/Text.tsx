import type { ComponentChildren } from 'preact';
import { linkify } from '../../room/linkify.ts';
import { splitMentions } from '../../room/mention.ts';

/** What somebody wrote: links can be followed, and the reader's name stands out. `name` empty: the reader has none. */
export function Text({ text, name }: { text: string; name: string }) {
  return (
    <span class="text" dir="auto">
      {parts(text, name)}
    </span>
  );
}

function parts(text: string, name: string): ComponentChildren {
  if (!text.includes('://')) return said(text, name);
  return linkify(text).map((part) =>
    part.href ? (
      <a class="text-link" href={part.href} target="_blank" rel="noopener noreferrer nofollow">
        {part.text}
      </a>
    ) : (
      said(part.text, name)
    ),
  );
}

function said(text: string, name: string): ComponentChildren {
  if (!name) return text;
  return splitMentions(text, name).map((part) => (part.mention ? <mark>{part.text}</mark> : part.text));
}
