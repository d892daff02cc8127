import type { RefObject } from 'preact';
import type { Room } from '../../room/room.ts';

/** Changes what the viewer writes at the caret, and goes on writing there; without focus, on a touch screen the keyboard stays away. */
export function write(
  room: Room,
  box: RefObject<HTMLTextAreaElement | null>,
  change: (draft: string, caret: number) => { text: string; caret: number },
  focus = true,
) {
  const draft = room.draft.peek();
  const { text, caret } = change(draft, box.current?.selectionStart ?? draft.length);
  room.draft.value = text;
  // Once the box has the text.
  setTimeout(() => {
    if (focus) box.current?.focus();
    box.current?.setSelectionRange(caret, caret);
  });
}
