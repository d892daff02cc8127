import { useEffect, useRef } from 'preact/hooks';
import { moved } from '../route.ts';

/** The title of a page, in the document and on the tab; who came by a link begins reading here. */
export function Heading({ title, id }: { title: string; id?: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useTitle(title);
  useEffect(() => {
    if (moved()) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <h1 ref={heading} id={id} tabIndex={-1}>
      {title}
    </h1>
  );
}

export function useTitle(title: string | undefined) {
  useEffect(() => {
    document.title = title ? `${title} · hubbub` : 'hubbub';
  }, [title]);
}
