import type { ComponentChildren } from 'preact';
import { Heading } from '../Heading.tsx';
import { Sign } from '../Sign.tsx';

/** One narrow card in the middle: what all ways in look like. */
export function Entrance(props: { title: string; text?: string; children: ComponentChildren }) {
  return (
    <section class="entrance">
      <Sign />
      <Heading title={props.title} />
      {props.text && <p class="lead">{props.text}</p>}
      {props.children}
    </section>
  );
}
