// What those who run a stream or moderate it set up and look up: beside the chat,
// in a drawer. What is done to a single message is done at the message.

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { changeStream } from '../../api/streams.ts';
import type { Room } from '../../room/room.ts';
import { runs } from '../../room/rules.ts';
import type { StreamDetail } from '../../wire.ts';
import { words } from '../../words/language.ts';
import { Confirm } from '../Confirm.tsx';
import { Copyable } from '../Copyable.tsx';
import { StreamForm } from '../studio/StreamForm.tsx';
import { Audit } from './Audit.tsx';
import { BlockedWords } from './BlockedWords.tsx';
import { Moderators } from './Moderators.tsx';
import { RoomRules } from './RoomRules.tsx';
import '../../style/tools.css';

interface Props {
  room: Room;
  stream: StreamDetail;
  /** The stream was changed. */
  onChanged: () => Promise<void>;
  onClose: () => void;
}

export function Tools({ room, stream, onChanged, onClose }: Props) {
  const w = words.value;
  const drawer = useRef<HTMLDialogElement>(null);
  const id = useId();
  const owner = runs(room.roles.value);
  const live = stream.status !== 'ended';
  // The browser keeps the focus inside, and gives it back.
  useEffect(() => drawer.current?.showModal(), []);
  return (
    <dialog ref={drawer} class="drawer" aria-labelledby={id} onClose={onClose} onClick={(event) => event.target === drawer.current && drawer.current?.close()}>
      <div class="drawer-body">
        <div class="drawer-head">
          <h2 id={id}>{w.tools}</h2>
          <button class="button" onClick={() => drawer.current?.close()}>
            {w.close}
          </button>
        </div>
        {live && (
          <Section title={w.chatRules} open>
            <RoomRules room={room} />
          </Section>
        )}
        {owner && live && (
          <Section title={w.aboutStream}>
            <About stream={stream} onChanged={onChanged} />
          </Section>
        )}
        {owner && (
          <Section title={w.moderators}>
            <Moderators streamId={room.id} />
          </Section>
        )}
        <Section title={w.blockedWords}>
          <BlockedWords streamId={room.id} />
        </Section>
        <Section title={w.auditTitle}>
          <Audit room={room} />
        </Section>
        <Section title={w.shareAndSave}>
          <Copyable label={w.roomLink} text={new URL(`/s/${room.id}`, location.href).href} />
          <Copyable label={w.overlayLink} text={new URL(`/overlay/${room.id}?lines=12&size=22&mood=1`, location.href).href} />
          <p class="note">{w.overlayHint}</p>
          <p class="exports">
            {w.exportTitle}{' '}
            {(['jsonl', 'csv'] as const).map((format) => (
              <a key={format} class="button" href={`/api/v1/streams/${room.id}/export?format=${format}`} download={`${room.id}.${format}`}>
                {format === 'csv' ? 'CSV' : 'JSON Lines'}
              </a>
            ))}
          </p>
        </Section>
      </div>
    </dialog>
  );
}

/** What is in it is made, and asked for, when it is first opened. */
function Section({ title, open, children }: { title: string; open?: boolean; children: ComponentChildren }) {
  const seen = useSignal(open === true);
  return (
    <details class="section" open={open} onToggle={(event) => event.currentTarget.open && (seen.value = true)}>
      <summary>{title}</summary>
      {seen.value && <div class="section-body">{children}</div>}
    </details>
  );
}

function About({ stream, onChanged }: { stream: StreamDetail; onChanged: () => Promise<void> }) {
  const w = words.value;
  const ending = useSignal(false);
  return (
    <>
      <StreamForm
        label={w.save}
        stream={stream}
        onSend={async (draft) => {
          await changeStream(stream.id, draft);
          await onChanged();
        }}
      >
        <button type="button" class="quiet grave" onClick={() => (ending.value = true)}>
          {w.endStream}
        </button>
      </StreamForm>
      {ending.value && (
        <Confirm
          title={w.endQuestion(stream.title)}
          text={w.endText}
          action={w.endStream}
          onConfirm={async () => {
            await changeStream(stream.id, { status: 'ended' });
            await onChanged();
          }}
          onClose={() => (ending.value = false)}
        />
      )}
    </>
  );
}
