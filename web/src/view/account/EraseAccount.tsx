import { useSignal } from '@preact/signals';
import { eraseAccount } from '../../api/account.ts';
import { go } from '../../route.ts';
import { words } from '../../words/language.ts';
import { Confirm } from '../Confirm.tsx';
import { Field } from '../Field.tsx';

export function EraseAccount({ hasPassword }: { hasPassword: boolean }) {
  const w = words.value;
  const asking = useSignal(false);
  const password = useSignal('');
  return (
    <section class="panel danger" aria-labelledby="erase-title">
      <h2 id="erase-title">{w.erase}</h2>
      <p>{w.eraseText}</p>
      <button class="button" onClick={() => (asking.value = true)}>
        {w.erase}…
      </button>
      {asking.value && (
        <Confirm
          title={w.eraseQuestion}
          text={w.eraseText}
          action={w.eraseAction}
          onConfirm={async () => {
            await eraseAccount(password.value);
            go('/', true);
          }}
          onClose={() => (asking.value = false)}
          fieldOf={{ credentials_invalid: 'password' }}
          fields={(form) => (
            <Field
              form={form}
              name="password"
              type="password"
              label={w.currentPassword}
              value={password}
              optional={!hasPassword}
              autocomplete="current-password"
              maxLength={1024}
            />
          )}
        />
      )}
    </section>
  );
}
