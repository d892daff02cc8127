import { useState } from 'preact/hooks';
import { hue } from '../room/hue.ts';

/** Somebody's picture, or the first letter of the name in their colour. */
export function Avatar({ id, name, url }: { id: string; name: string; url?: string | undefined }) {
  const [broken, setBroken] = useState('');
  return (
    <span class={`avatar ${hue(id)}`} aria-hidden="true">
      {url && url !== broken ? <img src={url} alt="" loading="lazy" decoding="async" onError={() => setBroken(url)} /> : firstLetter(name)}
    </span>
  );
}

export function firstLetter(text: string): string {
  return [...text.trim()][0]?.toUpperCase() ?? '';
}
