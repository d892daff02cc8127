// What a streamer says about a stream, new or already there.

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { StreamCard, StreamDraft } from '../../wire.ts';
import { language, words } from '../../words/language.ts';
import { Field, Submit } from '../Field.tsx';
import { link, useForm, Wrong } from '../useForm.ts';

interface Props {
  label: string;
  /** What is there already; without it, an address can be chosen. */
  stream?: StreamCard;
  onSend: (draft: StreamDraft) => Promise<void>;
  children?: ComponentChildren;
}

export function StreamForm({ label, stream, onSend, children }: Props) {
  const w = words.value;
  const title = useSignal(stream?.title ?? '');
  const spoken = useSignal(stream ? (stream.language ?? '') : language.peek());
  const video = useSignal(stream?.playbackUrl ?? '');
  const picture = useSignal(stream?.thumbnailUrl ?? '');
  const id = useSignal('');
  const form = useForm(
    async () =>
      onSend({
        title: title.value.trim(),
        language: spoken.value,
        playbackUrl: link('video', video.value),
        thumbnailUrl: link('picture', picture.value),
        ...(id.value.trim() && { id: checked(id.value.trim()) }),
      }),
    { stream_exists: 'id', bad_request: 'title' },
  );
  return (
    <form class="form" {...form.props}>
      <Field form={form} name="title" label={w.title} hint={w.titleHint} value={title} autocomplete="off" maxLength={200} />
      <details class="further" open={stream !== undefined}>
        <summary>{w.furtherDetails}</summary>
        <div class="form">
          <Field form={form} name="video" type="url" label={w.video} hint={w.videoHint} value={video} optional autocomplete="off" maxLength={512} />
          <Field form={form} name="picture" type="url" label={w.thumbnail} hint={w.thumbnailHint} value={picture} optional autocomplete="off" maxLength={512} />
          <Spoken value={spoken.value} onChoose={(tag) => (spoken.value = tag)} />
          {!stream && <Field form={form} name="id" label={w.streamId} hint={w.streamIdHint} value={id} optional autocomplete="off" maxLength={64} />}
        </div>
      </details>
      <Submit form={form} label={label} done={w.saved}>
        {children}
      </Submit>
    </form>
  );
}

function checked(id: string): string {
  if (!/^[A-Za-z0-9_-]+$/.test(id)) throw new Wrong('id', 'id_invalid');
  return id;
}

const usual = ['ko', 'en', 'ja', 'zh', 'es', 'fr', 'de', 'pt', 'ru', 'vi', 'th', 'id'];

function Spoken({ value, onChoose }: { value: string; onChoose: (tag: string) => void }) {
  const w = words.value;
  const names = new Intl.DisplayNames(language.value, { type: 'language', fallback: 'code' });
  const tags = value && !usual.includes(value) ? [value, ...usual] : usual;
  return (
    <label class="control">
      {w.spokenLanguage}
      <select value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        <option value="">{w.notSaid}</option>
        {tags.map((tag) => (
          <option key={tag} value={tag}>
            {names.of(tag)}
          </option>
        ))}
      </select>
    </label>
  );
}
