import { useSignal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { resetPassword } from '../../api/account.ts';
import { go } from '../../route.ts';
import { words } from '../../words/language.ts';
import { Empty } from '../Empty.tsx';
import { Submit } from '../Field.tsx';
import { useForm } from '../useForm.ts';
import { Entrance } from './Entrance.tsx';
import { accountFields, NewPassword } from './fields.tsx';

/** A new password, with the code of a link that an operator gave. */
export function ResetPage() {
  const w = words.value;
  const code = useState(() => location.hash.slice(1))[0];
  const password = useSignal('');
  const form = useForm(async () => {
    await resetPassword(code, password.value);
    go('/', true);
  }, accountFields);
  if (!code) return <Empty title={w.resetInvalid} hint={w.resetInvalidHint} link />;
  return (
    <Entrance title={w.reset} text={w.resetText}>
      <form class="form" {...form.props}>
        <NewPassword form={form} value={password} label={w.newPassword} />
        <Submit form={form} label={w.resetAction} />
      </form>
    </Entrance>
  );
}
