// One line of the list.

import { Component } from 'preact';
import { mentions } from '../../room/mention.ts';
import type { Line, MessageLine } from '../../room/log.ts';
import type { Pending } from '../../room/outbox.ts';
import type { Room } from '../../room/room.ts';
import type { User } from '../../wire.ts';
import type { Words } from '../../words/words.ts';
import { Name } from '../Name.tsx';
import { Badges } from './Badges.tsx';
import { clock, fullTime } from './clock.ts';
import { MessageTools } from './MessageTools.tsx';
import { NoteView } from './NoteView.tsx';
import { Text } from './Text.tsx';

export interface LineProps {
  line: Line;
  room: Room;
  me: User | null;
  words: Words;
  tag: string;
  /** How many others wrote the same, and whether theirs are shown. */
  copies: number;
  open: boolean;
  /** What a moderator sees beside a message: all tools, a button to them, none. */
  tools: 'all' | 'button' | 'none';
}

/** Lines never change in place, so one that is drawn is drawn again only for another language, viewer, or tools. */
export class LineView extends Component<LineProps> {
  override shouldComponentUpdate(next: LineProps) {
    const { line, me, words, copies, open, tools } = this.props;
    return next.line !== line || next.me !== me || next.words !== words || next.copies !== copies || next.open !== open || next.tools !== tools;
  }

  render(props: LineProps) {
    const { line, words: w } = props;
    switch (line.kind) {
      case 'missed':
        return <p class="mark mark-missed">{w.missed(line.count)}</p>;
      case 'gap':
        return <p class="mark mark-missed">{w.gap}</p>;
      case 'cleared':
        return <p class="mark">{w.cleared}</p>;
      case 'barred':
        return <p class="mark">{w.barred[line.action](who(line.names, line.count, w), w.duration(line.seconds))}</p>;
      case 'settings':
        return <p class="mark">{w.settingsNow(line.settings.chat || 'open', line.settings.slowSeconds)}</p>;
      case 'note':
        return (
          <p class={line.note.bad ? 'note-line bad' : 'note-line'}>
            <NoteView note={line.note} room={props.room} words={w} />
          </p>
        );
      case 'message':
        return <MessageView {...props} line={line} />;
    }
  }
}

function who(names: readonly string[], count: number, w: Words): string {
  return w.peopleNamed(names.join(', '), count - names.length);
}

function MessageView({ line, room, me, words: w, tag, copies, open, tools }: LineProps & { line: MessageLine }) {
  const { message, withheld } = line;
  const { id = '', name = '', roles } = message.sender ?? {};
  const mine = id === me?.id && id !== '';
  const called = !mine && me !== null && !withheld && mentions(message.content, me.name);
  return (
    <div class={`line${mine ? ' mine' : ''}${called ? ' called' : ''}`} data-id={message.id} data-name={name || id}>
      <time dateTime={message.createdAt} title={fullTime(message.createdAt, tag)}>
        {clock(message.createdAt, tag)}
      </time>
      <p>
        <Name id={id} name={name || id} />
        <Badges roles={roles ?? []} words={w} />{' '}
        {withheld ? <span class="withheld">{w.withheld}</span> : <Text text={message.content} name={called ? me.name : ''} />}
        {copies > 0 && (
          <button class="copies" aria-live="off" aria-expanded={open} title={w.copiesHint(copies + 1)}>
            <span aria-hidden="true">×{copies + 1}</span>
            <span class="unseen">{w.copiesHint(copies + 1)}</span>
          </button>
        )}
      </p>
      {tools === 'all' && <MessageTools room={room} line={line} mine={mine} words={w} />}
      {tools === 'button' && (
        <button class="line-more" tabIndex={-1} aria-label={w.messageMenu(name || id)}>
          ⋯
        </button>
      )}
    </div>
  );
}

/** What the viewer wrote, before the room has it. */
export function Ghost({ pending, id, name }: { pending: Pending; id: string; name: string }) {
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
