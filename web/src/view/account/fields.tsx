// The fields that more than one form about accounts has.

import type { Signal } from '@preact/signals';
import { words } from '../../words/language.ts';
import { Field } from '../Field.tsx';
import type { Form } from '../useForm.ts';

/** Which field a refusal is about. */
export const accountFields = {
  username_invalid: 'username',
  username_taken: 'username',
  name_invalid: 'name',
  name_taken: 'name',
  password_invalid: 'password',
};

export function NewUsername({ form, value }: { form: Form; value: Signal<string> }) {
  const w = words.value;
  return <Field form={form} name="username" label={w.username} hint={w.usernameHint} value={value} autocomplete="username" maxLength={64} />;
}

export function NewPassword({ form, value, label }: { form: Form; value: Signal<string>; label?: string }) {
  const w = words.value;
  return (
    <Field form={form} name="password" type="password" label={label ?? w.password} hint={w.passwordHint} value={value} autocomplete="new-password" maxLength={1024} />
  );
}
