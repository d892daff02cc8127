// What a moderator can do about a message with one click, beside it.

import type { MessageLine } from '../../room/log.ts';
import { ban, remove, timeOut, TIMEOUTS, unban } from '../../room/moderate.ts';
import type { Room } from '../../room/room.ts';
import { mayBar, mayRemove } from '../../room/rules.ts';
import type { Words } from '../../words/words.ts';

interface Props {
  room: Room;
  line: MessageLine;
  mine: boolean;
  words: Words;
}

/** For the mouse; the keyboard and fingers have the message's menu. */
export function MessageTools({ room, line, mine, words: w }: Props) {
  const { id, name } = line.message.sender;
  const who = { id, name };
  const [me, them] = [room.roles.value, line.message.sender.roles ?? []];
  const below = !mine && mayBar(me, them);
  return (
    <span class="line-tools" aria-hidden="true">
      {!line.withheld && mayRemove(me, them, mine) && (
        <button tabIndex={-1} title={w.removeMessage} onClick={() => void remove(room, line.message.id)}>
          {w.removeShort}
        </button>
      )}
      {below &&
        TIMEOUTS.map((seconds) => (
          <button key={seconds} tabIndex={-1} title={w.timeoutFor(w.duration(seconds))} onClick={() => void timeOut(room, who, seconds)}>
            {w.duration(seconds)}
          </button>
        ))}
      {below &&
        (room.bars.value.has(id) ? (
          <button tabIndex={-1} onClick={() => void unban(room, who)}>
            {w.unbanUser}
          </button>
        ) : (
          <button class="grave" tabIndex={-1} title={w.banNamed(name)} onClick={() => void ban(room, who)}>
            {w.banUser}
          </button>
        ))}
      <button class="line-more" tabIndex={-1} title={w.messageMenu(name)}>
        ⋯
      </button>
    </span>
  );
}
