// What was said, in a few sentences; each leads to the messages that it stands on.

import { useSignal } from '@preact/signals';
import { useEffect, useId, useRef } from 'preact/hooks';
import { messagesAfter, summarise } from '../api/streams.ts';
import { comparePositions } from '../room/position.ts';
import type { Room } from '../room/room.ts';
import { findMessage } from '../room/summary.ts';
import { change, settings } from '../settings.ts';
import type { ChatMessage, Sentence, Summary } from '../wire.ts';
import { language, words } from '../words/language.ts';
import { Name } from './Name.tsx';
import { clock, fullTime } from './room/clock.ts';
import { useForm } from './useForm.ts';
import { useNow } from './useNow.ts';

/** Beside the chat it is open; above it, it would take the chat's room. */
const beside = matchMedia('(min-width: 821px)');

/** A summary that did not come by then does not come: nothing was said since the last. */
const COMES_MS = 10_000;

/** keeper: the viewer may ask for a summary. */
export function SummaryPanel({ room, keeper }: { room: Room; keeper: boolean }) {
  const w = words.value;
  const hidden = useSignal(false);
  const summary = room.summary.value;
  if (!settings.value.summaries) return hidden.value ? <Hidden onUndo={() => (hidden.value = false)} /> : null;
  if (!summary && !keeper) return null;
  function hide() {
    hidden.value = true;
    change({ summaries: false });
  }
  return (
    <details class="said" open={beside.matches}>
      <summary>
        <h2>{w.said}</h2>
      </summary>
      {summary ? (
        <ul class="sentences">
          {summary.sentences!.map((sentence) => (
            <SentenceView key={sentence.text} room={room} summary={summary} sentence={sentence} />
          ))}
        </ul>
      ) : (
        <p class="note">{w.saidNone}</p>
      )}
      {summary?.at && (
        <p class="note">
          <time dateTime={summary.at} title={fullTime(summary.at, language.value)}>
            {w.saidUntil(clock(summary.at, language.value))}
          </time>
        </p>
      )}
      <div class="said-actions">
        {keeper && <Ask room={room} />}
        {summary && (
          <button class="quiet" onClick={hide}>
            {w.saidHide}
          </button>
        )}
      </div>
    </details>
  );
}

/** In the place of the panel, right after it was hidden. */
function Hidden({ onUndo }: { onUndo: () => void }) {
  const w = words.value;
  const text = useRef<HTMLParagraphElement>(null);
  useEffect(() => text.current?.focus(), []); // the button is gone
  function undo() {
    onUndo();
    change({ summaries: true });
  }
  return (
    <div class="said gone">
      <p ref={text} class="note" tabIndex={-1}>
        {w.saidHidden}
      </p>
      <div class="said-actions">
        <button class="quiet" onClick={undo}>
          {w.undo}
        </button>
        <a class="button" href="/settings">
          {w.settings}
        </a>
      </div>
    </div>
  );
}

function Ask({ room }: { room: Room }) {
  const w = words.value;
  const newest = room.summary.value?.through ?? '';
  /** The newest when it was asked, and when that was. */
  const asked = useRef({ newest, at: 0 });
  const form = useForm(async () => {
    asked.current = { newest, at: Date.now() };
    await summarise(room.id);
  });
  const waits = form.busy || (form.done && comparePositions(newest, asked.current.newest) <= 0);
  const longer = useNow(waits ? 1_000 : 0) - asked.current.at > COMES_MS;
  return (
    <>
      <button class="button" disabled={form.busy} onClick={form.submit}>
        {w.sumUpNow}
      </button>
      <span class="note" role="status">
        {form.problem('') ?? (!waits ? '' : longer && !form.busy ? w.sumUpNothing : w.sumUpComing)}
      </span>
    </>
  );
}

type Cited = 'closed' | 'loading' | 'failed' | ChatMessage[];

/** A sentence, and one stroke away what it stands on. */
function SentenceView({ room, summary, sentence }: { room: Room; summary: Summary; sentence: Sentence }) {
  const w = words.value;
  const id = useId();
  const cited = useSignal<Cited>('closed');
  const open = cited.value !== 'closed';
  async function toggle() {
    if (open) return void (cited.value = 'closed');
    cited.value = 'loading';
    const page = (after: string) => messagesAfter(room.id, after);
    try {
      const found = await Promise.all(sentence.messageIds.map((one) => room.messageOf(one) ?? findMessage(one, summary, page)));
      if (cited.value === 'loading') cited.value = found.filter((message) => message !== undefined);
    } catch {
      cited.value = 'failed';
    }
  }
  return (
    <li>
      <span id={id} dir="auto">
        {sentence.text}
      </span>{' '}
      <button class="cite" aria-expanded={open} aria-describedby={id} onClick={() => void toggle()}>
        {w.cited(sentence.messageIds.length)}
      </button>
      {open && (
        <div class="cited">
          {typeof cited.value === 'string' ? <p role="status">{cited.value === 'failed' ? w.citedFailed : w.asking}</p> : <Messages room={room} list={cited.value} />}
        </div>
      )}
    </li>
  );
}

function Messages({ room, list }: { room: Room; list: readonly ChatMessage[] }) {
  const w = words.value;
  if (list.length === 0) return <p role="status">{w.citedGone}</p>;
  return (
    <ul>
      {list.map(({ id, sender, content, createdAt }) => (
        <li key={id}>
          <time dateTime={createdAt} title={fullTime(createdAt, language.value)}>
            {clock(createdAt, language.value)}
          </time>{' '}
          <Name id={sender.id} name={sender.name || sender.id} /> <span dir="auto">{content}</span>
          {room.messageOf(id) && (
            <button class="quiet" onClick={() => (room.sought.value = id)}>
              {w.citedShow}
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}
