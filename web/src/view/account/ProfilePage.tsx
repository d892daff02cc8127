// Who one is here: name and picture, password, bots, and the ways out.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { changePassword, changeProfile, lookAtMe } from '../../api/account.ts';
import { cameByProvider, isGuest, signOut, user } from '../../api/session.ts';
import { site } from '../../api/site.ts';
import { signInLink } from '../../route.ts';
import type { User } from '../../wire.ts';
import { words } from '../../words/language.ts';
import { Avatar } from '../Avatar.tsx';
import { Empty } from '../Empty.tsx';
import { Field, Submit } from '../Field.tsx';
import { Heading } from '../Heading.tsx';
import { link, useForm } from '../useForm.ts';
import { BotTokens } from './BotTokens.tsx';
import { EraseAccount } from './EraseAccount.tsx';
import { accountFields, NewPassword } from './fields.tsx';

export function ProfilePage() {
  const w = words.value;
  const me = user.value;
  useEffect(() => {
    if (user.peek()) lookAtMe().catch(() => undefined); // what is known already will do
  }, []);
  if (!me) {
    return (
      <div class="sheet">
        <Heading title={w.profile} />
        <Empty title={w.profileNobody}>
          <a class="button" href={signInLink()}>
            {w.signIn}
          </a>
        </Empty>
      </div>
    );
  }
  return (
    <div class="sheet">
      <div class="sheet-head">
        <Avatar id={me.id} name={me.name} url={me.profileImageUrl} />
        <div>
          <Heading title={w.profile} />
          <p class="lead">
            <bdi>{me.name}</bdi>
            {me.username && <span class="username"> @{me.username}</span>}
          </p>
        </div>
        <button class="button" onClick={() => void signOut()}>
          {w.signOut}
        </button>
      </div>
      {isGuest(me) ? <GuestPart /> : <AccountPart key={me.id} me={me} />}
    </div>
  );
}

function GuestPart() {
  const w = words.value;
  return (
    <section class="panel" aria-labelledby="guest-title">
      <h2 id="guest-title">{w.youAreGuest}</h2>
      <p>{w.guestText}</p>
      {site()?.signup && (
        <a class="button primary" href="/signup?next=/profile">
          {w.signUp}
        </a>
      )}
    </section>
  );
}

function AccountPart({ me }: { me: User }) {
  const hasPassword = me.username !== undefined && !cameByProvider();
  return (
    <>
      <LooksForm me={me} />
      {hasPassword && <PasswordForm username={me.username!} />}
      <BotTokens />
      <EraseAccount hasPassword={hasPassword} />
    </>
  );
}

function LooksForm({ me }: { me: User }) {
  const w = words.value;
  const name = useSignal(me.name);
  const picture = useSignal(me.profileImageUrl ?? '');
  const form = useForm(async () => changeProfile({ name: name.value.trim(), profileImageUrl: link('profileImageUrl', picture.value) }), {
    ...accountFields,
    bad_request: 'profileImageUrl',
  });
  return (
    <section class="panel" aria-labelledby="looks-title">
      <h2 id="looks-title">{w.looks}</h2>
      <form class="form" {...form.props}>
        <Field form={form} name="name" label={w.displayName} hint={w.displayNameHint} value={name} autocomplete="nickname" maxLength={64} />
        <Field form={form} name="profileImageUrl" type="url" label={w.picture} hint={w.pictureHint} value={picture} optional maxLength={512} />
        <Submit form={form} label={w.save} done={w.saved} />
      </form>
    </section>
  );
}

function PasswordForm({ username }: { username: string }) {
  const w = words.value;
  const current = useSignal('');
  const password = useSignal('');
  const form = useForm(
    async () => {
      await changePassword(current.value, password.value);
      current.value = password.value = '';
    },
    { credentials_invalid: 'current', password_invalid: 'password' },
  );
  return (
    <section class="panel" aria-labelledby="password-title">
      <h2 id="password-title">{w.changePassword}</h2>
      <p>{w.changePasswordText}</p>
      <form class="form" {...form.props}>
        {/* So that password managers know whose it is. */}
        <input class="unseen" type="text" value={username} autocomplete="username" readOnly tabIndex={-1} aria-hidden="true" />
        <Field form={form} name="current" type="password" label={w.currentPassword} value={current} autocomplete="current-password" maxLength={1024} />
        <NewPassword form={form} value={password} label={w.newPassword} />
        <Submit form={form} label={w.changePassword} done={w.passwordChanged} />
      </form>
    </section>
  );
}
