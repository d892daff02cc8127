// Who helps to moderate: named and released by who runs the stream.

import { useSignal } from '@preact/signals';
import { addModerator, moderators, removeModerator } from '../../api/moderation.ts';
import type { Moderator } from '../../wire.ts';
import { words } from '../../words/language.ts';
import { Field, Submit } from '../Field.tsx';
import { useForm } from '../useForm.ts';
import { Asked, useAsked } from './Asked.tsx';

export function Moderators({ streamId }: { streamId: string }) {
  const w = words.value;
  const list = useAsked<Moderator[]>(() => moderators(streamId));
  const name = useSignal('');
  const adding = useForm(
    async () => {
      await addModerator(streamId, name.value.trim());
      name.value = '';
      await list.again();
    },
    { user_not_found: 'name', name_invalid: 'name' },
  );
  return (
    <>
      <p class="note">{w.moderatorsHint}</p>
      <Asked of={list}>
        {(people) => (
          <ul class="rows">
            {people.length === 0 && <li class="note">{w.noModerators}</li>}
            {people.map(({ id, name }) => (
              <Row key={id} name={name} onRemove={() => removeModerator(streamId, id).then(list.again)} />
            ))}
          </ul>
        )}
      </Asked>
      <form class="form" {...adding.props}>
        <Field form={adding} name="name" label={w.accountName} value={name} autocomplete="off" maxLength={64} />
        <Submit form={adding} label={w.addModerator} />
      </form>
    </>
  );
}

function Row({ name, onRemove }: { name: string; onRemove: () => Promise<void> }) {
  const w = words.value;
  const form = useForm(onRemove);
  return (
    <li class="row">
      <bdi class="row-text">{name}</bdi>
      <button class="button" aria-disabled={form.busy} onClick={form.submit}>
        {w.remove}
        <span class="unseen"> {name}</span>
      </button>
      {form.problem('') && <p class="note bad">{form.problem('')}</p>}
    </li>
  );
}
