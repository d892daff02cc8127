// Guest sign-in: a name is enough.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Refused } from '../api/http.ts';
import { ended, signInAsGuest } from '../api/session.ts';
import * as storage from '../storage.ts';
import { explain, words } from '../words/language.ts';

const NAME_KEY = 'hubbub.name';

export function SignInForm(props: { focus?: boolean }) {
  const w = words.value;
  const name = useSignal(storage.get(NAME_KEY) ?? '');
  const busy = useSignal(false);
  const why = useSignal<Refused | null>(null);
  const input = useRef<HTMLInputElement>(null);

  useEffect(() => {
    if (props.focus) input.current?.focus();
  }, []);

  async function join(event: Event) {
    event.preventDefault();
    const chosen = name.value.trim();
    if (!chosen || busy.value) {
      input.current?.focus();
      return;
    }
    busy.value = true;
    why.value = null;
    try {
      await signInAsGuest(chosen);
      storage.set(NAME_KEY, chosen);
    } catch (err) {
      if (!(err instanceof Refused)) throw err;
      why.value = err;
      input.current?.focus();
    } finally {
      busy.value = false;
    }
  }

  const reason = why.value && (why.value.status ? explain(w, why.value.refusal) : w.networkFailed);
  return (
    <form class="sign-in" onSubmit={(event) => void join(event)}>
      <div class="field">
        <input
          ref={input}
          name="name"
          aria-label={w.yourName}
          placeholder={w.yourName}
          autocomplete="nickname"
          maxLength={64}
          value={name.value}
          aria-invalid={reason ? true : undefined}
          aria-describedby="sign-in-hint"
          onInput={(event) => (name.value = event.currentTarget.value)}
        />
        <button class="primary" type="submit" disabled={busy.value}>
          {busy.value ? w.joining : w.join}
        </button>
      </div>
      <p id="sign-in-hint" class={reason ? 'hint refused' : 'hint'} role={reason ? 'alert' : undefined}>
        {reason ?? (ended.value ? w.signInEnded : w.signInHint)}
      </p>
    </form>
  );
}

export function SignInDialog(props: { onClose: () => void }) {
  const w = words.value;
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-label={w.signIn}
      onClose={props.onClose}
      onClick={(event) => event.target === dialog.current && props.onClose()}
    >
      <div class="dialog-body">
        <h2>{w.signIn}</h2>
        <SignInForm focus />
        <button class="quiet" onClick={props.onClose}>
          {w.cancel}
        </button>
      </div>
    </dialog>
  );
}
