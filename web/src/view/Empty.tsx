import type { ComponentChildren } from 'preact';
import { words } from '../words/language.ts';
import { Sign } from './Sign.tsx';

/** What stands where there is nothing to show yet, or nothing at all. */
export function Empty(props: { title: string; hint?: string; link?: boolean; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <Sign />
      <p class="empty-title">{props.title}</p>
      {props.hint && <p>{props.hint}</p>}
      {props.children}
      {props.link && (
        <a class="button" href="/">
          {words.value.allStreams}
        </a>
      )}
    </div>
  );
}
