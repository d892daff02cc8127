import { useSignal } from '@preact/signals';
import { useId, useRef } from 'preact/hooks';
import { words } from '../words/language.ts';

/** A text to be taken along, with a button that does it. */
export function Copyable({ label, text }: { label: string; text: string }) {
  const w = words.value;
  const id = useId();
  const box = useRef<HTMLInputElement>(null);
  const copied = useSignal(false);
  async function copy() {
    box.current?.select();
    try {
      await navigator.clipboard.writeText(text);
      copied.value = true;
    } catch {
      // Not allowed, or plain HTTP: it is selected, the keyboard can copy it.
    }
  }
  return (
    <div class="control">
      <label for={id}>{label}</label>
      <div class="box">
        <input ref={box} id={id} readOnly value={text} dir="ltr" onFocus={(event) => event.currentTarget.select()} />
        <button type="button" class="quiet" onClick={() => void copy()}>
          {copied.value ? w.copied : w.copy}
          <span class="unseen"> {label}</span>
        </button>
      </div>
      <span class="unseen" role="status">
        {copied.value && w.copied}
      </span>
    </div>
  );
}
