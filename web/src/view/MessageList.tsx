// The messages of a room: at the bottom and following, or held still while the
// reader is scrolled up, has chosen a message, or moderates with the mouse.

import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { user } from '../api/session.ts';
import { gather, type Shown } from '../room/copies.ts';
import type { MessageLine } from '../room/log.ts';
import type { Room } from '../room/room.ts';
import { moderates } from '../room/rules.ts';
import { settings } from '../settings.ts';
import { language, words } from '../words/language.ts';
import { Empty } from './Empty.tsx';
import { Ghost, LineView } from './room/LineView.tsx';
import { MessageMenu } from './room/MessageMenu.tsx';
import { NoteView } from './room/NoteView.tsx';
import { useHold } from './room/useHold.ts';
import { useLineKeys } from './room/useLineKeys.ts';

/** Without a mouse the tools of a message are behind a button of its own. */
const touch = matchMedia('(hover: none)');

/** onMention: puts a name into what the viewer writes. */
export function MessageList({ room, onMention }: { room: Room; onMention: (name: string) => void }) {
  const w = words.value;
  const view = useRef<HTMLDivElement>(null);
  const me = user.value;
  const lines = room.lines.value;
  const held = room.held.value;
  const pending = room.outbox.value.filter((p) => p.state !== 'refused' && p.state !== 'unsure');
  const keeper = me !== null && moderates(room.roles.value);
  /** Ids: of the message under the mouse, and of the one whose menu is open. */
  const pointed = useSignal('');
  const chosen = useSignal('');

  /** Ids of the messages whose copies are shown. */
  const opened = useSignal<ReadonlySet<string>>(new Set());
  // Those who keep order see each message where it was written.
  const gathers = settings.value.gather && !keeper;
  const shown = useMemo(
    () => (gathers ? gather(lines, me?.id, opened.value) : lines.map((line): Shown => ({ line, copies: 0, open: false }))),
    [lines, gathers, me?.id, opened.value],
  );

  const hold = useHold(room, view);
  const keys = useLineKeys(view, { hold, onOpen: (id) => (chosen.value = id) });

  const pin = () => {
    const el = view.current;
    if (el && !room.held.peek()) el.scrollTop = el.scrollHeight;
  };
  useLayoutEffect(pin, [lines, held, pending.length]);
  useEffect(() => {
    // A keyboard that opens, or a box that grows, must not hide the newest line.
    const observer = new ResizeObserver(pin);
    observer.observe(view.current!);
    return () => observer.disconnect();
  }, []);

  // Somebody wants to see a message where it stands; it may be among copies.
  const sought = room.sought.value;
  useEffect(() => {
    if (!sought) return;
    room.sought.value = '';
    hold.because('line');
    if (!find(sought)) opened.value = new Set(lines.map((line) => line.key));
    setTimeout(() => keys.focus(find(sought)));
  }, [sought]);

  const find = (id: string) => view.current!.querySelector<HTMLElement>(`.line[data-id="${CSS.escape(id)}"]`);
  const lineOf = (target: EventTarget | null) => (target as Element | null)?.closest<HTMLElement>('.line[data-id]');
  function clicked(event: MouseEvent) {
    const target = event.target as Element;
    const line = lineOf(target);
    if (line && target.closest('.copies')) toggle(line.dataset['id']!);
    if (!line || !me) return;
    if (target.closest('.line-more')) open(line.dataset['id']!);
    else if (target.closest('.name')) onMention(line.dataset['name']!);
  }
  function toggle(id: string) {
    const next = new Set(opened.value);
    if (!next.delete(id)) next.add(id);
    opened.value = next;
  }
  function moved(event: PointerEvent) {
    if (!keeper || event.pointerType !== 'mouse') return;
    hold.because('mouse'); // what is about to be clicked must not move
    pointed.value = lineOf(event.target)?.dataset['id'] ?? '';
  }
  function left() {
    hold.over('mouse');
    pointed.value = '';
  }
  function open(id: string) {
    hold.because('menu');
    chosen.value = id;
  }
  function close(refocus: boolean) {
    const line = find(chosen.value);
    chosen.value = '';
    if (refocus) keys.focus(line);
    hold.over('menu');
  }

  const menu = chosen.value ? lines.find((line): line is MessageLine => line.kind === 'message' && line.key === chosen.value) : null;
  const unread = room.unread.value;
  const empty = lines.length === 0 && pending.length === 0;
  const note = room.noteWhileHeld.value;
  return (
    // The foot is over the list and belongs to it: going there is not leaving.
    <div class="log" onPointerMove={moved} onPointerLeave={left}>
      <div
        class={me ? 'log-view can-mention' : 'log-view'}
        ref={view}
        role="log"
        aria-live="polite"
        aria-label={w.chatMessages}
        aria-describedby={me ? 'log-keys' : undefined}
        tabIndex={0}
        onScroll={hold.scrolled}
        onClick={clicked}
        onKeyDown={me ? keys.pressed : undefined}
        onFocusOut={keys.left}
      >
        {empty && room.opened.value && <Empty title={w.emptyRoom} hint={w.emptyRoomHint} />}
        {empty && !room.opened.value && <Empty title={w.loadingRoom} />}
        {shown.map(({ line, copies, open }) => (
          <LineView
            key={line.key}
            line={line}
            room={room}
            me={me}
            words={w}
            tag={language.value}
            copies={copies}
            open={open}
            tools={!keeper ? 'none' : line.key === pointed.value ? 'all' : touch.matches ? 'button' : 'none'}
          />
        ))}
        {!held && me && pending.map((p) => <Ghost key={p.nonce} pending={p} id={me.id} name={me.name} />)}
      </div>
      {me && (
        <span id="log-keys" class="unseen">
          {w.logKeys}
        </span>
      )}
      {menu && me && <MessageMenu key={menu.key} room={room} line={menu} view={view} onMention={onMention} onClose={close} />}
      {held && !menu && (
        <div class="log-foot">
          <div role="status">
            {note && (
              <p class={note.bad ? 'foot-note bad' : 'foot-note'}>
                <NoteView note={note} room={room} words={w} />
              </p>
            )}
          </div>
          {(unread > 0 || !hold.atBottom()) && (
            <button class="newest" onClick={hold.end}>
              <span aria-hidden="true">↓ </span>
              {unread > 0 ? w.newMessages(unread) : w.backToNewest}
            </button>
          )}
        </div>
      )}
    </div>
  );
}
