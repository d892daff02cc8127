import { useSignal, useSignalEffect } from '@preact/signals';
import { signUp } from '../../api/account.ts';
import { isGuest, user } from '../../api/session.ts';
import { site } from '../../api/site.ts';
import { go, next } from '../../route.ts';
import { words } from '../../words/language.ts';
import { Empty } from '../Empty.tsx';
import { Field, Submit } from '../Field.tsx';
import { useForm } from '../useForm.ts';
import { Entrance } from './Entrance.tsx';
import { accountFields, NewPassword, NewUsername } from './fields.tsx';

/** A new account; a guest becomes somebody else by it. */
export function SignUpPage() {
  const w = words.value;
  const username = useSignal('');
  const password = useSignal('');
  const name = useSignal('');
  const form = useForm(() => signUp(username.value.trim(), password.value, name.value.trim()), accountFields);
  useSignalEffect(() => {
    if (user.value && !isGuest(user.value)) go(next(), true);
  });
  if (site()?.signup === false) return <Empty title={w.signUpOff} hint={w.signUpOffHint} link />;
  return (
    <Entrance title={w.signUp} text={w.signUpText}>
      <form class="form" {...form.props}>
        <NewUsername form={form} value={username} />
        <NewPassword form={form} value={password} />
        <Field form={form} name="name" label={w.displayName} hint={w.displayNameHint} value={name} optional autocomplete="nickname" maxLength={64} />
        <Submit form={form} label={w.signUp} />
      </form>
      <p class="aside">
        {w.haveAccount}{' '}
        <a class="text-link" href={`/signin${location.search}`}>
          {w.signIn}
        </a>
      </p>
    </Entrance>
  );
}
