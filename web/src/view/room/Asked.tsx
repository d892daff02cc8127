// Something that is asked of the server when it is shown, and may not come.

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { Refused } from '../../api/http.ts';
import { explain, words } from '../../words/language.ts';

export interface Answer<T> {
  readonly value: T | null;
  readonly refused: Refused | null;
  again(): Promise<void>;
}

/** Asks once, and when `again` is called. */
export function useAsked<T>(ask: () => Promise<T>): Answer<T> {
  const value = useSignal<T | null>(null);
  const refused = useSignal<Refused | null>(null);
  async function again() {
    try {
      value.value = await ask();
      refused.value = null;
    } catch (err) {
      if (!(err instanceof Refused)) throw err;
      refused.value = err;
    }
  }
  useEffect(() => void again(), []);
  return { value: value.value, refused: refused.value, again };
}

/** The answer, or why there is none. */
export function Asked<T>({ of, children }: { of: Answer<T>; children: (value: T) => ComponentChildren }) {
  const w = words.value;
  if (of.refused) {
    return (
      <p class="note bad" role="status">
        {explain(w, of.refused.refusal)}{' '}
        <button class="quiet" onClick={() => void of.again()}>
          {w.tryAgain}
        </button>
      </p>
    );
  }
  return <>{of.value === null ? <p class="note">{w.asking}</p> : children(of.value)}</>;
}
