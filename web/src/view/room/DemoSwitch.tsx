// Stops and starts the scripted chatters of a demo stream, for those who may.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type DemoState, getDemo, setDemo } from '../../api/demo.ts';
import { user } from '../../api/session.ts';
import { words } from '../../words/language.ts';

export function DemoSwitch({ streamId }: { streamId: string }) {
  const w = words.value;
  const state = useSignal<DemoState | null>(null);
  const busy = useSignal(false);
  const me = user.value?.id;
  useEffect(() => {
    let over = false;
    getDemo(streamId).then(
      (answer) => {
        if (!over) state.value = answer;
      },
      () => {}, // a server without --demo has no chatters to stop
    );
    return () => {
      over = true;
    };
  }, [streamId, me]);
  if (!state.value?.mayChange) return null;
  const { running } = state.value;

  async function turn() {
    if (busy.value) return;
    busy.value = true;
    try {
      state.value = await setDemo(streamId, !running);
    } catch {
      // It says what is so, and can be tried again.
    } finally {
      busy.value = false;
    }
  }
  return (
    <button class="button" aria-disabled={busy.value} onClick={() => void turn()}>
      {running ? w.demoStop : w.demoStart}
    </button>
  );
}
