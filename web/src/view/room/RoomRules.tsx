// Who may write in the room and how often, and clearing it. Everybody is told by
// the room's events, this page too.

import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { moderate } from '../../api/moderation.ts';
import type { Room } from '../../room/room.ts';
import type { Settings } from '../../wire.ts';
import { words } from '../../words/language.ts';
import { Confirm } from '../Confirm.tsx';
import { useForm } from '../useForm.ts';

const SLOW = [0, 3, 5, 10, 30, 60, 120];
const CHAT = ['open', 'accounts', 'off'] as const;

export function RoomRules({ room }: { room: Room }) {
  const w = words.value;
  const clearing = useSignal(false);
  const wanted = useRef<Partial<Settings>>({});
  const form = useForm(async () => {
    await moderate(room.id, { action: 'settings', settings: wanted.current });
  });
  const { slowSeconds, chat } = room.settings.value;
  const steps = SLOW.includes(slowSeconds) ? SLOW : [...SLOW, slowSeconds].sort((a, b) => a - b);
  function set(some: Partial<Settings>) {
    wanted.current = some;
    form.submit();
  }
  return (
    <>
      <fieldset class="choices">
        <legend>{w.whoMayWrite}</legend>
        {CHAT.map((mode) => (
          <label key={mode}>
            <input type="radio" name="chat" checked={(chat || 'open') === mode} onChange={() => set({ chat: mode })} />
            {w.mayWrite[mode]}
          </label>
        ))}
      </fieldset>
      <label class="control">
        {w.slowMode}
        <select value={slowSeconds} onChange={(event) => set({ slowSeconds: Number(event.currentTarget.value) })}>
          {steps.map((seconds) => (
            <option key={seconds} value={seconds}>
              {seconds === 0 ? w.slowOff : w.slowEvery(w.duration(seconds))}
            </option>
          ))}
        </select>
      </label>
      <p class="note bad" role="status">
        {form.problem('')}
      </p>
      <p>
        <button class="button" onClick={() => (clearing.value = true)}>
          {w.clearChat}
        </button>
      </p>
      {clearing.value && (
        <Confirm
          title={w.clearQuestion}
          text={w.clearText}
          action={w.clearChat}
          onConfirm={async () => {
            await moderate(room.id, { action: 'clear' });
          }}
          onClose={() => (clearing.value = false)}
        />
      )}
    </>
  );
}
