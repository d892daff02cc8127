// The send box: counts characters, sends on Enter, and gives a refused text back
// with the reason.

import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { user } from '../api/session.ts';
import type { Pending } from '../room/outbox.ts';
import type { Room } from '../room/room.ts';
import { countCharacters, MAX_CHARACTERS, tooLong } from '../room/text.ts';
import { words } from '../words/language.ts';
import { Reason } from './Reason.tsx';
import { SignInForm } from './SignIn.tsx';

export function Composer({ room }: { room: Room }) {
  const joining = useRef(false);
  if (!user.value) {
    joining.current = true;
    return (
      <div class="composer">
        <SignInForm />
      </div>
    );
  }
  return <SendBox room={room} focus={joining.current} />;
}

/** focus: who has just joined goes on by writing. */
function SendBox({ room, focus }: { room: Room; focus: boolean }) {
  const w = words.value;
  const text = useSignal('');
  /** Why the text that is back in the box was not sent. */
  const why = useSignal<Pending | null>(null);
  const box = useRef<HTMLTextAreaElement>(null);

  const returned = room.outbox.value.filter((p) => p.state === 'refused' || p.state === 'unsure');
  const waiting = room.outbox.value.some((p) => p.state === 'waiting');

  useEffect(() => {
    if (focus) box.current?.focus();
  }, []);

  useSignalEffect(() => {
    // Into an empty box a refused text returns by itself.
    const first = room.outbox.value.find((p) => p.state === 'refused');
    if (!first || text.value !== '') return;
    text.value = first.text;
    why.value = first;
    room.takeBack(first.nonce);
  });
  function sendAgain(p: Pending) {
    room.takeBack(p.nonce);
    room.send(p.text);
  }

  const long = tooLong(text.value);
  function send() {
    if (text.value.trim() === '' || long) return;
    room.send(text.value);
    text.value = '';
    why.value = null;
    room.follow();
    box.current?.focus();
  }
  function pressed(event: KeyboardEvent) {
    // While a Korean syllable is being composed, Enter belongs to the input method.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  }

  const reason = long ? w.tooLong : why.value && <Reason key={why.value.nonce} pending={why.value} />;
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
        <button class="primary" type="submit" disabled={text.value.trim() === '' || long}>
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
