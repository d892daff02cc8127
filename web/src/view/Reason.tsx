import type { Pending } from '../room/outbox.ts';
import { explain, words } from '../words/language.ts';
import { useNow } from './useNow.ts';

/** Why a text was not sent, and how long until it may be. */
export function Reason({ pending }: { pending: Pending }) {
  const now = useNow(pending.nextAt > Date.now() ? 250 : 0);
  return (
    <>
      {/* The countdown is for eyes; ears hear the reason once. */}
      <span aria-hidden="true">{say(pending, now)}</span>
      <span class="unseen">{say(pending, 0)}</span>
    </>
  );
}

/** now: 0 is when it was refused. */
function say({ why, nextAt }: Pending, now: number): string {
  const w = words.value;
  if (!why) return w.unsure;
  const waits = why.retryAfterMs ?? 0;
  const retryAfterMs = now ? Math.max(0, nextAt - now) : waits;
  const text = `${w.notSent}: ${explain(w, { ...why, retryAfterMs })}`;
  return waits > 0 && retryAfterMs === 0 ? `${text} ${w.nowAgain}` : text;
}
