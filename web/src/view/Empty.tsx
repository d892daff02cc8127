import type { ComponentChildren } from 'preact';
import { words } from '../words/language.ts';
import { Heading } from './Heading.tsx';
import { Sign } from './Sign.tsx';

/** What stands where there is nothing to show yet; with a link away, where there is nothing at all: that is a page. */
export function Empty(props: { title: string; hint?: string; link?: boolean; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <Sign />
      {props.link ? <Heading title={props.title} /> : <p class="empty-title">{props.title}</p>}
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
