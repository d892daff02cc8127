import type { Note } from '../../room/log.ts';
import { unban } from '../../room/moderate.ts';
import type { Room } from '../../room/room.ts';
import type { Words } from '../../words/words.ts';

/** What the page says to this reader alone, with a way back where there is one. */
export function NoteView({ note, room, words: w }: { note: Note; room: Room; words: Words }) {
  const { undo } = note;
  return (
    <>
      <span class="note-text" dir="auto">
        {note.say(w)}
      </span>{' '}
      {undo && (
        <button class="quiet" onClick={() => void unban(room, undo)}>
          {w.undo}
          <span class="unseen"> {note.say(w)}</span>
        </button>
      )}
    </>
  );
}
