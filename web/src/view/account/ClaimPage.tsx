import { useSignal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { claim } from '../../api/account.ts';
import { site } from '../../api/site.ts';
import { go } from '../../route.ts';
import { words } from '../../words/language.ts';
import { Empty } from '../Empty.tsx';
import { Submit } from '../Field.tsx';
import { useForm } from '../useForm.ts';
import { Entrance } from './Entrance.tsx';
import { accountFields, NewPassword, NewUsername } from './fields.tsx';

/** Whoever installed hubbub becomes its admin, with the code that the server printed. */
export function ClaimPage() {
  const w = words.value;
  // Kept from the address while the page is open: a reload still has it.
  const code = useState(() => location.hash.slice(1))[0];
  const username = useSignal('');
  const password = useSignal('');
  const form = useForm(async () => {
    await claim(code, username.value.trim(), password.value);
    go('/studio', true);
  }, accountFields);
  if (!code || site()?.claimable === false) return <Empty title={w.claimInvalid} hint={w.claimInvalidHint} link />;
  return (
    <Entrance title={w.claim} text={w.claimText}>
      <form class="form" {...form.props}>
        <NewUsername form={form} value={username} />
        <NewPassword form={form} value={password} />
        <Submit form={form} label={w.claimAction} />
      </form>
    </Entrance>
  );
}
