// The newest messages over a broadcast: transparent, without controls, read by
// nobody, and not counted as a viewer. Its address says how it looks.

import { Component } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import type { MessageLine } from '../room/log.ts';
import { shares } from '../room/mood.ts';
import { overlayOptions } from '../room/overlay.ts';
import { Room } from '../room/room.ts';
import { query } from '../route.ts';
import type { ChatMessage } from '../wire.ts';
import { explain, words } from '../words/language.ts';
import type { Words } from '../words/words.ts';
import { Name } from './Name.tsx';
import { Badges } from './room/Badges.tsx';
import { MoodBar } from './room/MoodBar.tsx';
import '../style/overlay.css';

export function Overlay({ streamId }: { streamId: string }) {
  const w = words.value;
  const options = useMemo(() => overlayOptions(query.value), [query.value]);
  const room = useMemo(() => new Room(streamId, { history: options.lines }), [streamId, options.lines]);
  useEffect(() => () => room.close(), [room]);
  useEffect(() => {
    const { classList } = document.documentElement;
    classList.add('overlay');
    return () => classList.remove('overlay');
  }, []);

  const shown = room.lines.value.filter((line): line is MessageLine => line.kind === 'message' && !line.withheld).slice(-options.lines);
  const counts = room.analysis.value?.window?.counts;
  const state = room.link.state.value;
  return (
    <main class={`over over-${options.theme}`} style={{ fontSize: `${options.size}px` }}>
      {/* A wrong address should show; a broken connection mends itself, and nothing of it belongs into the picture. */}
      {state.is === 'closed' && <p class="over-fault">{explain(w, state.why)}</p>}
      <div class="over-lines">
        {shown.map(({ key, message }) => (
          <OverLine key={key} message={message} fade={options.fade} words={w} />
        ))}
      </div>
      {options.mood && counts && <MoodBar shares={shares(counts)} />}
    </main>
  );
}

/** Drawn once: its time to fade runs from then. */
class OverLine extends Component<{ message: ChatMessage; fade: number; words: Words }> {
  override shouldComponentUpdate() {
    return false;
  }

  render({ message: { sender, content, createdAt }, fade, words: w }: { message: ChatMessage; fade: number; words: Words }) {
    return (
      <p class={fade ? 'over-line fades' : 'over-line'} style={fade ? { '--fade': `${fade - age(createdAt)}s` } : {}}>
        <Badges roles={(sender.roles ?? []).filter((role) => role !== 'guest')} words={w} />
        <Name id={sender.id} name={sender.name || sender.id} /> <span dir="auto">{content}</span>
      </p>
    );
  }
}

/** In seconds; a clock that runs late makes nobody younger than now. */
function age(createdAt: string): number {
  return Math.max(0, (Date.now() - Date.parse(createdAt)) / 1000);
}
