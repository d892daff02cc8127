// The parts of a form: a labelled field with its hint or what is wrong with it,
// and the button with what is wrong with the whole.

import type { Signal } from '@preact/signals';
import { useSignal } from '@preact/signals';
import type { ComponentChildren, InputHTMLAttributes } from 'preact';
import { useId } from 'preact/hooks';
import { words } from '../words/language.ts';
import type { Form } from './useForm.ts';

interface FieldProps {
  form: Form;
  name: string;
  label: string;
  value: Signal<string>;
  hint?: string;
  optional?: boolean;
  type?: 'text' | 'url' | 'password';
  autocomplete?: InputHTMLAttributes['autocomplete'];
  maxLength?: number;
}

export function Field({ form, name, label, value, hint, optional, type = 'text', ...rest }: FieldProps) {
  const w = words.value;
  const id = useId();
  const shown = useSignal(false);
  const problem = form.problem(name);
  const secret = type === 'password';
  const plain = name === 'username' || secret || type === 'url';
  return (
    <div class="control">
      <label for={id}>
        {label}
        {optional && <span class="optional"> {w.optional}</span>}
      </label>
      <div class={problem ? 'box wrong' : 'box'}>
        <input
          {...rest}
          id={id}
          name={name}
          type={(secret && shown.value ? 'text' : type) as 'text'} // the types of attributes tell input types apart by their literal
          value={value.value}
          required={!optional}
          dir={plain ? 'ltr' : 'auto'}
          {...(plain ? { autocapitalize: 'none', autocorrect: 'off', spellcheck: false } : {})}
          aria-invalid={problem ? true : undefined}
          aria-describedby={`${id}-note`}
          onInput={(event) => (value.value = event.currentTarget.value)}
        />
        {secret && (
          <button type="button" class="quiet" aria-pressed={shown.value} onClick={() => (shown.value = !shown.value)}>
            {w.show}
            <span class="unseen"> {label}</span>
          </button>
        )}
      </div>
      <p id={`${id}-note`} class={problem ? 'note bad' : 'note'}>
        {problem ?? hint}
      </p>
    </div>
  );
}

/** done: said when it was taken. */
export function Submit(props: { form: Form; label: string; done?: string; children?: ComponentChildren }) {
  const { form } = props;
  const problem = form.problem('');
  return (
    <div class="submit">
      <button class="primary" type="submit" aria-disabled={form.busy}>
        {props.label}
      </button>
      {props.children}
      <p class={problem ? 'note bad' : 'note'} role="status">
        {problem ?? (form.done ? props.done : '')}
      </p>
    </div>
  );
}
