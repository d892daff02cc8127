// When the list stands still, and when it follows again.

import type { RefObject } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import type { Room } from '../../room/room.ts';

/** Nearer than this counts as being at the bottom, in pixels. */
const NEAR = 48;

/** Why the list stands still, beside being scrolled up. */
type Reason = 'mouse' | 'line' | 'menu';

export interface Hold {
  because(reason: Reason): void;
  /** The reason is over; at the bottom the list follows again. */
  over(reason: Reason): void;
  scrolled(): void;
  atBottom(): boolean;
  /** Back to the newest, whatever held it. */
  end(): void;
}

export function useHold(room: Room, view: RefObject<HTMLDivElement | null>): Hold {
  const reasons = useRef(new Set<Reason>()).current;
  const lastTop = useRef(0);
  return useMemo(() => {
    const atBottom = () => {
      const el = view.current;
      return !el || el.scrollHeight - el.scrollTop - el.clientHeight < NEAR;
    };
    return {
      atBottom,
      because(reason) {
        reasons.add(reason);
        if (!room.held.peek()) room.hold();
      },
      over(reason) {
        if (reasons.delete(reason) && reasons.size === 0 && atBottom()) room.follow();
      },
      scrolled() {
        const el = view.current!;
        if (atBottom()) {
          if (reasons.size === 0) room.follow();
        } else if (el.scrollTop < lastTop.current) room.hold();
        lastTop.current = el.scrollTop;
      },
      end() {
        reasons.clear();
        room.follow();
      },
    };
  }, [room]);
}
