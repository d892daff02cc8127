// Ways in: an account here, a provider's, or a name alone.

import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { logIn } from '../../api/account.ts';
import { finish, leaveFor, oidcWorks, takeReturn } from '../../api/oidc.ts';
import { ended, isGuest, user } from '../../api/session.ts';
import { site } from '../../api/site.ts';
import { go, next, query } from '../../route.ts';
import { words } from '../../words/language.ts';
import { Empty } from '../Empty.tsx';
import { Field, Submit } from '../Field.tsx';
import { SignInForm } from '../SignIn.tsx';
import { useForm } from '../useForm.ts';
import { Entrance } from './Entrance.tsx';

export function SignInPage() {
  const w = words.value;
  const back = useState(takeReturn)[0];
  const username = useSignal('');
  const password = useSignal('');
  const log = useForm(() => logIn(username.value.trim(), password.value), { credentials_invalid: 'password' });
  const provider = useForm(() => finish(back!));
  useEffect(() => {
    if (back) provider.submit();
  }, []);
  const before = useState(() => (isGuest(user.peek()) ? user.peek()?.id : undefined))[0];
  useSignalEffect(() => {
    if (user.value && user.value.id !== before) go(back?.next ?? next(), true);
  });

  if (back && !provider.problem('')) return <Empty title={w.signingIn} />;
  const allowed = site();
  const providers = oidcWorks() ? (allowed?.oidc ?? []) : [];
  return (
    <Entrance title={w.signIn} {...(ended.value ? { text: w.signInEnded } : {})}>
      {provider.problem('') && (
        <p class="note bad" role="alert">
          {provider.problem('')}
        </p>
      )}
      <form class="form" {...log.props}>
        <Field form={log} name="username" label={w.username} value={username} autocomplete="username" maxLength={64} />
        <Field form={log} name="password" type="password" label={w.password} hint={w.forgotHint} value={password} autocomplete="current-password" maxLength={1024} />
        <Submit form={log} label={w.signIn} />
      </form>
      {providers.map(({ id, name }) => (
        <button key={id} class="button wide" onClick={() => void leaveFor(id, next())}>
          {w.continueWith(name)}
        </button>
      ))}
      {allowed?.signup && (
        <p class="aside">
          {w.noAccount}{' '}
          <a class="text-link" href={`/signup${query.value.size > 0 ? `?next=${encodeURIComponent(next())}` : ''}`}>
            {w.signUp}
          </a>
        </p>
      )}
      {allowed?.guests && !before && (
        <section class="guest" aria-labelledby="guest-title">
          <h2 id="guest-title">{w.asGuest}</h2>
          <SignInForm alone />
        </section>
      )}
    </Entrance>
  );
}
