import { hue } from '../room/hue.ts';

/** A name in its colour; the number that tells guests apart stands back. */
export function Name({ id, name }: { id: string; name: string }) {
  const [, own = name, number = ''] = /^(.*)(#\d{4})$/s.exec(name) ?? [];
  return (
    <bdi class={`name ${hue(id)}`}>
      {own}
      {number && <span class="name-number">{number}</span>}
    </bdi>
  );
}
