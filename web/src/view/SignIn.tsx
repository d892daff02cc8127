// Joining as a guest: a name is enough.

import { useSignal } from '@preact/signals';
import { ended, signInAsGuest } from '../api/session.ts';
import { site } from '../api/site.ts';
import { signInLink } from '../route.ts';
import * as storage from '../storage.ts';
import { words } from '../words/language.ts';
import { useForm } from './useForm.ts';

const NAME_KEY = 'hubbub.name';

/** In place of a send box, and on the sign-in page, which needs no way to itself. */
export function SignInForm({ alone }: { alone?: boolean }) {
  const w = words.value;
  const name = useSignal(storage.get(NAME_KEY) ?? '');
  const form = useForm(
    async () => {
      await signInAsGuest(name.value.trim());
      storage.set(NAME_KEY, name.value.trim());
    },
    { name_invalid: 'name' },
  );
  if (site()?.guests === false) return alone ? null : <AccountNeeded />;
  const problem = form.problem('name') ?? form.problem('');
  return (
    <form class="sign-in" {...form.props}>
      <div class="field">
        <input
          name="name"
          required
          dir="auto"
          aria-label={w.yourName}
          placeholder={w.yourName}
          autocomplete="nickname"
          maxLength={64}
          value={name.value}
          aria-invalid={problem ? true : undefined}
          aria-describedby="sign-in-hint"
          onInput={(event) => (name.value = event.currentTarget.value)}
        />
        <button class="primary" type="submit" aria-disabled={form.busy}>
          {form.busy ? w.joining : w.join}
        </button>
      </div>
      <p class={problem ? 'hint refused' : 'hint'}>
        <span id="sign-in-hint" role={problem ? 'alert' : undefined}>
          {problem ?? (ended.value ? w.signInEnded : w.signInHint)}
        </span>{' '}
        {!alone && (
          <a class="text-link" href={signInLink()}>
            {w.haveAccount}
          </a>
        )}
      </p>
    </form>
  );
}

function AccountNeeded() {
  return (
    <p class="account-needed">
      {ended.value ? words.value.signInEnded : words.value.codes['guests_off']}{' '}
      <a class="button" href={signInLink()}>
        {words.value.signIn}
      </a>
    </p>
  );
}
