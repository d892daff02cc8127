import { useSignal } from '@preact/signals';
import { changeStream, getStream } from '../../api/streams.ts';
import type { StreamCard, StreamDetail } from '../../wire.ts';
import { words } from '../../words/language.ts';
import { Copyable } from '../Copyable.tsx';
import { StreamForm } from './StreamForm.tsx';

interface Props {
  stream: StreamCard;
  onChanged: () => Promise<void>;
  onEnd: () => void;
  onDelete: () => void;
}

/** One of one's streams, with what can be done to it. */
export function StreamRow({ stream, onChanged, onEnd, onDelete }: Props) {
  const w = words.value;
  const editing = useSignal<StreamDetail | null>(null);
  const ended = stream.status === 'ended';
  const about = <span class="unseen"> {stream.title}</span>;

  /** With all that can be changed, which a list need not have. */
  async function edit() {
    editing.value = editing.value ? null : await getStream(stream.id).catch(() => stream);
  }
  return (
    <li class="row stream-row" data-id={stream.id}>
      <div class="row-text">
        <a class="row-title" href={`/s/${stream.id}`}>
          <bdi>{stream.title}</bdi>
        </a>
        <span class="note">{ended ? w.endedOn('') : w.viewers(stream.viewerCount)}</span>
      </div>
      <div class="row-actions">
        {!ended && (
          <button class="button" aria-expanded={editing.value !== null} onClick={() => void edit()}>
            {w.edit}
            {about}
          </button>
        )}
        {!ended && (
          <button class="button" onClick={onEnd}>
            {w.endStream}
            {about}
          </button>
        )}
        <button class="button" onClick={onDelete}>
          {w.deleteStream}
          {about}
        </button>
      </div>
      {editing.value && (
        <div class="row-more">
          <StreamForm
            label={w.save}
            stream={editing.value}
            onSend={async (draft) => {
              await changeStream(stream.id, draft);
              await onChanged();
            }}
          />
          <Copyable label={w.roomLink} text={new URL(`/s/${stream.id}`, location.href).href} />
          <Copyable label={w.overlayLink} text={new URL(`/overlay/${stream.id}`, location.href).href} />
        </div>
      )}
    </li>
  );
}
