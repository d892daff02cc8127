import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { words } from '../words/language.ts';
import { Empty } from './Empty.tsx';

/** A part whose script comes when it is first shown. */
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let Loaded: ComponentType<P> | null = null;
  return function Lazy(props: P) {
    const [state, setState] = useState<'loading' | 'loaded' | 'failed'>(Loaded ? 'loaded' : 'loading');
    useEffect(() => {
      if (Loaded) return;
      load().then(
        (component) => {
          Loaded = component;
          setState('loaded');
        },
        () => setState('failed'), // no network, or the server has a newer page by now
      );
    }, []);
    if (Loaded) return <Loaded {...props} />;
    if (state === 'loading') return null;
    return (
      <Empty title={words.value.pageFailed}>
        <button class="button" onClick={() => location.reload()}>
          {words.value.tryAgain}
        </button>
      </Empty>
    );
  };
}
