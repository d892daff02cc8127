// Words that nobody may write in this stream, one a line, and what such a list
// would have refused of what was said already.

import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { blockedWords, checkWords, setBlockedWords } from '../../api/moderation.ts';
import type { DryRun } from '../../wire.ts';
import { words } from '../../words/language.ts';
import { Submit } from '../Field.tsx';
import { useForm } from '../useForm.ts';
import { Asked, useAsked } from './Asked.tsx';

export function BlockedWords({ streamId }: { streamId: string }) {
  const list = useAsked(() => blockedWords(streamId));
  return <Asked of={list}>{(known) => <List streamId={streamId} known={known} />}</Asked>;
}

function List({ streamId, known }: { streamId: string; known: readonly string[] }) {
  const w = words.value;
  const id = useId();
  const text = useSignal(known.join('\n'));
  const tried = useSignal<DryRun | null>(null);
  const listed = () => text.value.split('\n').map((line) => line.trim()).filter(Boolean);
  const saving = useForm(() => setBlockedWords(streamId, listed()));
  const trying = useForm(async () => {
    tried.value = await checkWords(streamId, listed());
  });
  return (
    <form class="form" {...saving.props}>
      <div class="control">
        <label for={id}>{w.wordsLabel}</label>
        <textarea
          id={id}
          class="words"
          rows={6}
          spellcheck={false}
          value={text.value}
          aria-describedby={`${id}-hint`}
          onInput={(event) => {
            text.value = event.currentTarget.value;
            tried.value = null;
          }}
        />
        <p id={`${id}-hint`} class="note">
          {w.wordsHint}
        </p>
      </div>
      <Submit form={saving} label={w.save} done={w.saved}>
        <button type="button" class="button" aria-disabled={trying.busy} onClick={trying.submit}>
          {w.tryWords}
        </button>
      </Submit>
      <div role="status">
        {trying.problem('') && <p class="note bad">{trying.problem('')}</p>}
        {tried.value && (
          <>
            <p class="note">{w.wordsTried(tried.value.matched, tried.value.checked)}</p>
            <ul class="tried">
              {tried.value.messages.map((message) => (
                <li key={message.id}>
                  <bdi class="name">{message.sender.name}</bdi> <span dir="auto">{message.content}</span>
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </form>
  );
}
