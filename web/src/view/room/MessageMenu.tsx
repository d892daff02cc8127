// What can be done about one message: for everybody to mention its author, for
// moderators to remove it and to bar the author, with a reason.

import { useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { user } from '../../api/session.ts';
import type { MessageLine } from '../../room/log.ts';
import { ban, remove, timeOut, TIMEOUTS, unban } from '../../room/moderate.ts';
import type { Room } from '../../room/room.ts';
import { mayBar, mayRemove } from '../../room/rules.ts';
import { language, words } from '../../words/language.ts';
import { fullTime } from './clock.ts';

interface Props {
  room: Room;
  line: MessageLine;
  view: RefObject<HTMLDivElement | null>;
  onMention: (name: string) => void;
  /** refocus: the focus goes back to the message. */
  onClose: (refocus: boolean) => void;
}

export function MessageMenu({ room, line, view, onMention, onClose }: Props) {
  const w = words.value;
  const menu = useRef<HTMLDivElement>(null);
  const reason = useSignal('');
  const { message } = line;
  const { id, name } = message.sender;
  const who = { id, name };
  const own = id === user.value?.id;
  const [me, them] = [room.roles.value, message.sender.roles ?? []];

  useLayoutEffect(() => place(menu.current!, view.current!, message.id), []);
  useEffect(() => {
    menu.current!.querySelector('button')?.focus();
    const outside = (event: PointerEvent) => !menu.current?.contains(event.target as Node) && onClose(false);
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, []);

  function pressed(event: KeyboardEvent) {
    if (event.key === 'Escape') onClose(true);
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') step(menu.current!, event.key === 'ArrowDown' ? 1 : -1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
  function doing(work: () => Promise<boolean>) {
    return () => {
      onClose(true);
      void work();
    };
  }
  return (
    <div
      ref={menu}
      class="menu"
      role="dialog"
      aria-label={w.messageMenu(name)}
      onKeyDown={pressed}
      onFocusOut={(event) => {
        const to = event.relatedTarget as Node | null;
        if (to && !menu.current!.contains(to)) onClose(false);
      }}
    >
      <p class="menu-about">
        <bdi>{name}</bdi> · {fullTime(message.createdAt, language.value)}
      </p>
      <button
        onClick={() => {
          onClose(false);
          onMention(name);
        }}
      >
        {w.mention(name)}
      </button>
      {mayRemove(me, them, own) && !line.withheld && <button onClick={doing(() => remove(room, message.id))}>{w.removeMessage}</button>}
      {!own && mayBar(me, them) && (
        <>
          <label class="menu-reason">
            <span class="unseen">{w.reason}</span>
            <input
              value={reason.value}
              placeholder={w.reason}
              maxLength={200}
              autocomplete="off"
              onInput={(event) => (reason.value = event.currentTarget.value)}
            />
          </label>
          <div class="menu-row">
            <span aria-hidden="true">{w.timeout}</span>
            {TIMEOUTS.map((seconds) => (
              <button
                key={seconds}
                aria-label={w.timeoutFor(w.duration(seconds))}
                onClick={doing(() => timeOut(room, who, seconds, reason.value.trim()))}
              >
                {w.duration(seconds)}
              </button>
            ))}
          </div>
          <button class="grave" onClick={doing(() => ban(room, who, reason.value.trim()))}>
            {w.banNamed(name)}
          </button>
          <button onClick={doing(() => unban(room, who))}>{w.unbanNamed(name)}</button>
        </>
      )}
      <button class="menu-close" onClick={() => onClose(true)}>
        {w.cancel}
      </button>
    </div>
  );
}

/** Beside its message, within the list. */
function place(menu: HTMLElement, view: HTMLElement, id: string) {
  const line = view.querySelector(`.line[data-id="${CSS.escape(id)}"]`)?.getBoundingClientRect();
  const frame = view.getBoundingClientRect();
  if (!line) return;
  const room = frame.height - menu.offsetHeight - 8;
  menu.style.top = `${Math.max(8, Math.min(line.top - frame.top, room))}px`;
}

function step(menu: HTMLElement, by: number) {
  const all = [...menu.querySelectorAll<HTMLElement>('button, input')];
  const at = all.indexOf(document.activeElement as HTMLElement);
  all[(at + by + all.length) % all.length]?.focus();
}
