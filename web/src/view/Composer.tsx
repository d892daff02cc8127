// The send box: counts characters, sends on Enter, carries out commands, says why
// and for how long one may not write, and gives a refused text back with the reason.

import { useSignal, useSignalEffect } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { user } from '../api/session.ts';
import { read, usage } from '../room/command.ts';
import { insert } from '../room/mention.ts';
import { carryOut, complain } from '../room/moderate.ts';
import type { Pending } from '../room/outbox.ts';
import type { Room } from '../room/room.ts';
import { hindrance } from '../room/rules.ts';
import { countCharacters, MAX_CHARACTERS, tooLong } from '../room/text.ts';
import { words } from '../words/language.ts';
import { Reason } from './Reason.tsx';
import { EmojiButton } from './room/EmojiButton.tsx';
import { Hindered } from './room/Hindered.tsx';
import { write } from './room/write.ts';
import { SignInForm } from './SignIn.tsx';
import { useNow } from './useNow.ts';

interface Props {
  room: Room;
  box: RefObject<HTMLTextAreaElement | null>;
}

export function Composer({ room, box }: Props) {
  const joining = useRef(false);
  if (!user.value) {
    joining.current = true;
    return (
      <div class="composer">
        <SignInForm />
      </div>
    );
  }
  return <SendBox room={room} box={box} focus={joining.current} />;
}

/** focus: who has just joined goes on by writing. */
function SendBox({ room, box, focus }: Props & { focus: boolean }) {
  const w = words.value;
  const text = room.draft;
  /** Why the text that is back in the box was not sent. */
  const why = useSignal<Pending | null>(null);

  const returned = room.outbox.value.filter((p) => p.state === 'refused' || p.state === 'unsure');
  const waiting = room.outbox.value.some((p) => p.state === 'waiting');
  const hindered = useHindrance(room);

  useEffect(() => {
    if (focus) box.current?.focus();
  }, []);

  useSignalEffect(() => {
    // Into an empty box a refused text returns by itself.
    const first = room.outbox.value.find((p) => p.state === 'refused');
    if (!first || text.value !== '') return;
    text.value = asWritten(first.text);
    why.value = first;
    room.takeBack(first.nonce);
  });
  function sendAgain(p: Pending) {
    room.takeBack(p.nonce);
    room.send(p.text);
  }

  const long = tooLong(text.value);
  const unable = () => text.value.trim() === '' || tooLong(text.value) || (hindered !== null && !isCommand(text.value));
  function send() {
    if (unable()) return; // the text stays
    const written = text.value;
    const names = isCommand(written) ? room.people().map(({ name }) => name) : [];
    const reading = read(written, names);
    room.follow();
    box.current?.focus();
    if (reading.is === 'unknown') return complain(room, (w) => w.unknownCommand(reading.word));
    if (reading.is === 'incomplete') return complain(room, (w) => w.howToWrite(usage[reading.verb]));
    text.value = '';
    why.value = null;
    if (reading.is === 'text') room.send(reading.text);
    else void carryOut(room, reading.command).then((done) => !done && text.peek() === '' && (text.value = written));
  }
  function pressed(event: KeyboardEvent) {
    // While a Korean syllable is being composed, Enter belongs to the input method.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  }

  const reason = long ? (
    w.tooLong
  ) : hindered ? (
    <Hindered key={hindered.code + hindered.until} hindrance={hindered} />
  ) : (
    why.value && <Reason key={why.value.nonce} pending={why.value} />
  );
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {returned.map((p) => (
        <Returned key={p.nonce} pending={p} onSendAgain={() => sendAgain(p)} onDiscard={() => room.takeBack(p.nonce)} />
      ))}
      <div class="field">
        <textarea
          ref={box}
          rows={1}
          aria-label={w.writeMessage}
          placeholder={w.writeMessage}
          enterkeyhint="send"
          value={text.value}
          aria-invalid={reason ? true : undefined}
          aria-describedby="composer-hint"
          onInput={(event) => (text.value = event.currentTarget.value)}
          onKeyDown={pressed}
        />
        <EmojiButton
          onPick={(emoji) => write(room, box, (draft, caret) => insert(draft, caret, emoji), false)}
          onClose={() => box.current?.focus()}
        />
        <button class="primary" type="submit" disabled={unable()}>
          {w.send}
        </button>
      </div>
      <div class="under">
        <p id="composer-hint" class={reason ? 'hint refused' : 'hint'} role="status">
          {reason ?? (waiting && room.link.state.value.is !== 'live' ? w.waitingToSend : '')}
        </p>
        <Counter text={text.value} />
      </div>
    </form>
  );
}

/** Whether it is to be read as a command; commands may be given by whoever cannot write. */
function isCommand(text: string): boolean {
  return /^\/\p{L}/u.test(text.trimStart());
}

/** A text that begins with a slash, as it has to be written to be one. */
function asWritten(text: string): string {
  return read(text).is === 'text' && !text.startsWith('//') ? text : `/${text}`;
}

/** What keeps the viewer from writing now; looked at until it ends. */
function useHindrance(room: Room) {
  const standing = room.standing.value;
  const now = hindrance(standing, Date.now());
  useNow(now && now.until < Infinity ? 250 : 0);
  return now;
}

function Counter({ text }: { text: string }) {
  const used = countCharacters(text);
  const near = used > MAX_CHARACTERS * 0.9;
  return (
    <span class={near ? 'counter near' : 'counter'} title={words.value.charactersUsed(used, MAX_CHARACTERS)}>
      {used > 0 && `${used}/${MAX_CHARACTERS}`}
    </span>
  );
}

function Returned(props: { pending: Pending; onSendAgain: () => void; onDiscard: () => void }) {
  const w = words.value;
  return (
    <div class="returned">
      <p class="returned-text" dir="auto">
        {props.pending.text}
      </p>
      <p class="hint refused">
        <Reason pending={props.pending} />
      </p>
      <button type="button" class="quiet" onClick={props.onSendAgain}>
        {w.sendAgain}
      </button>
      <button type="button" class="quiet" onClick={props.onDiscard}>
        {w.discard}
      </button>
    </div>
  );
}
