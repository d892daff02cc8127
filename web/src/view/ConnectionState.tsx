import type { Link } from '../room/link.ts';
import { explain, words } from '../words/language.ts';
import { useNow } from './useNow.ts';

/** Says whether messages flow; while they do not, when they may again. */
export function ConnectionState({ link, opened }: { link: Link; opened: boolean }) {
  const w = words.value;
  const state = link.state.value;
  const now = useNow(state.is === 'waiting' ? 250 : 0);

  const coarse = {
    connecting: opened ? w.reconnectingIn(0) : w.connecting,
    live: w.live,
    waiting: w.reconnectingIn(0),
    offline: w.offline,
    closed: w.closed,
  }[state.is];
  const text =
    state.is === 'waiting'
      ? w.reconnectingIn(Math.max(0, Math.ceil((state.until - now) / 1000)))
      : state.is === 'closed' && state.why.code
        ? explain(w, state.why)
        : coarse;
  return (
    <div class={`link link-${state.is}`}>
      <span class="dot" aria-hidden="true" />
      {/* The countdown is for eyes; ears hear of each change once. */}
      <span class="link-text" aria-hidden="true">
        {text}
      </span>
      <span class="unseen" role="status">
        {coarse}
      </span>
      {(state.is === 'waiting' || state.is === 'closed') && (
        <button class="quiet" onClick={() => link.retry()}>
          {w.reconnectNow}
        </button>
      )}
    </div>
  );
}
