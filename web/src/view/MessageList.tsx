// The messages of a room: at the bottom and following, or held still while the
// reader is scrolled up.

import { Component } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { user } from '../api/session.ts';
import type { Line, MessageLine } from '../room/log.ts';
import type { Pending } from '../room/outbox.ts';
import type { Room } from '../room/room.ts';
import { language, words } from '../words/language.ts';
import type { Words } from '../words/words.ts';
import { Empty } from './Empty.tsx';
import { Name } from './Name.tsx';

/** Nearer than this counts as being at the bottom, in pixels. */
const NEAR = 48;

export function MessageList({ room }: { room: Room }) {
  const w = words.value;
  const view = useRef<HTMLDivElement>(null);
  const lines = room.lines.value;
  const held = room.held.value;
  const pending = room.outbox.value.filter((p) => p.state !== 'refused' && p.state !== 'unsure');

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

  const lastTop = useRef(0);
  function scrolled() {
    const el = view.current!;
    const atBottom = el.scrollHeight - el.scrollTop - el.clientHeight < NEAR;
    if (atBottom) room.follow();
    else if (el.scrollTop < lastTop.current) room.hold();
    lastTop.current = el.scrollTop;
  }

  const me = user.value;
  const unread = room.unread.value;
  const empty = lines.length === 0 && pending.length === 0;
  return (
    <div class="log">
      <div class="log-view" ref={view} onScroll={scrolled} role="log" aria-live="polite" aria-label={w.chatMessages} tabIndex={0}>
        {empty && room.opened.value && <Empty title={w.emptyRoom} hint={w.emptyRoomHint} />}
        {empty && !room.opened.value && <Empty title={w.loadingRoom} />}
        {lines.map((line) => (
          <LineView key={line.key} line={line} me={me?.id ?? ''} words={w} tag={language.value} />
        ))}
        {!held && me && pending.map((p) => <Ghost key={p.nonce} pending={p} id={me.id} name={me.name} />)}
      </div>
      {held && (
        <button class="newest" onClick={() => room.follow()}>
          <span aria-hidden="true">↓ </span>
          {unread > 0 ? w.newMessages(unread) : w.backToNewest}
        </button>
      )}
    </div>
  );
}

interface LineProps {
  line: Line;
  me: string;
  words: Words;
  tag: string;
}

/** Lines never change in place, so one that is drawn is drawn again only for another language or viewer. */
class LineView extends Component<LineProps> {
  override shouldComponentUpdate(next: LineProps) {
    return next.line !== this.props.line || next.me !== this.props.me || next.words !== this.props.words;
  }

  render({ line, me, words: w, tag }: LineProps) {
    switch (line.kind) {
      case 'missed':
        return <p class="mark mark-missed">{w.missed(line.count)}</p>;
      case 'gap':
        return <p class="mark mark-missed">{w.gap}</p>;
      case 'cleared':
        return <p class="mark">{w.cleared}</p>;
      case 'message':
        return <MessageView line={line} mine={line.message.sender?.id === me && me !== ''} words={w} tag={tag} />;
    }
  }
}

function MessageView({ line, mine, words: w, tag }: { line: MessageLine; mine: boolean; words: Words; tag: string }) {
  const { message } = line;
  const badge = badgeOf(message.sender?.roles ?? [], w);
  return (
    <div class={mine ? 'line mine' : 'line'} data-id={message.id}>
      <time dateTime={message.createdAt}>{clock(message.createdAt, tag)}</time>
      <p>
        <Name id={message.sender?.id ?? ''} name={message.sender?.name || message.sender?.id || ''} />
        {badge && <span class="badge">{badge}</span>}{' '}
        {line.withheld ? (
          <span class="withheld">{w.withheld}</span>
        ) : (
          <span class="text" dir="auto">
            {message.content}
          </span>
        )}
      </p>
    </div>
  );
}

/** What the viewer wrote, before the room has it. */
function Ghost({ pending, id, name }: { pending: Pending; id: string; name: string }) {
  return (
    <div class={`line mine ghost ghost-${pending.state}`} aria-hidden="true">
      <time />
      <p>
        <Name id={id} name={name} />{' '}
        <span class="text" dir="auto">
          {pending.text}
        </span>
      </p>
    </div>
  );
}

function badgeOf(roles: readonly string[], w: Words): string | null {
  if (roles.includes('owner')) return w.owner;
  if (roles.includes('moderator')) return w.moderator;
  if (roles.includes('admin')) return w.admin;
  if (roles.includes('demo')) return w.demo;
  if (roles.includes('bot')) return w.bot;
  return null;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function clock(at: string, tag: string): string {
  let format = clocks.get(tag);
  if (!format) {
    format = new Intl.DateTimeFormat(tag, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    clocks.set(tag, format);
  }
  const time = Date.parse(at);
  return Number.isNaN(time) ? '' : format.format(time);
}
