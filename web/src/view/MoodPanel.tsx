// The mood of the room: shares of the last minute or of all, and how old they are.

import { useSignal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { BEHIND_S, shares, STALE_S } from '../room/mood.ts';
import type { Room } from '../room/room.ts';
import { words } from '../words/language.ts';
import { lazy } from './lazy.tsx';
import { MoodBar } from './room/MoodBar.tsx';

const MoodChart = lazy(() => import('./MoodChart.tsx').then((m) => m.MoodChart));

export function MoodPanel({ room }: { room: Room }) {
  const w = words.value;
  const total = useSignal(false);
  const analysis = room.analysis.value;
  const behind = useBehind(room);

  const counts = (total.value ? analysis?.counts : analysis?.window?.counts) ?? {};
  const list = shares(counts);
  const counted = list.reduce((sum, share) => sum + share.count, 0);
  const chatters = (total.value ? analysis?.chatters : analysis?.window?.chatters) ?? 0;
  const stale = behind >= STALE_S;
  const facts = !analysis
    ? w.moodNone
    : counted === 0
      ? total.value
        ? w.moodNone
        : w.moodQuiet
      : `${w.moodMessages(counted)} · ${w.moodChatters(chatters)}`;

  return (
    <section class={stale ? 'mood stale' : 'mood'} aria-labelledby="mood-title">
      <div class="mood-head">
        <h2 id="mood-title">{w.mood}</h2>
        <div class="toggle" role="group" aria-labelledby="mood-title">
          <button aria-pressed={!total.value} onClick={() => (total.value = false)}>
            {w.lastMinute}
          </button>
          <button aria-pressed={total.value} onClick={() => (total.value = true)}>
            {w.sinceStart}
          </button>
        </div>
      </div>
      <MoodBar shares={list} />
      <ul class="legend">
        {list.map(({ mood, count, percent }) => (
          <li key={mood} class={count > 0 ? undefined : 'none'} data-mood={mood}>
            <span class={`swatch share-${mood}`} aria-hidden="true" />
            <span class="legend-label">{w.moods[mood]}</span>
            <span class="legend-value">{percent}%</span>
          </li>
        ))}
      </ul>
      <div class="mood-foot">
        <span class="mood-facts" data-counted={counted}>
          {facts}
        </span>
        {analysis && (
          <span class={behind >= BEHIND_S ? 'age behind' : 'age'}>
            {behind >= BEHIND_S ? w.moodBehind(behind) : w.moodCurrent}
          </span>
        )}
      </div>
      <OverTime streamId={room.id} />
    </section>
  );
}

/** The chart and its library come when somebody asks for them. */
function OverTime({ streamId }: { streamId: string }) {
  const w = words.value;
  const open = useSignal(false);
  return (
    <div class="over-time">
      <button class="quiet" aria-expanded={open.value} onClick={() => (open.value = !open.value)}>
        {open.value ? w.hideChart : w.showChart}
      </button>
      {open.value && (
        <div class="chart">
          <MoodChart streamId={streamId} />
        </div>
      )}
    </div>
  );
}

/** Seconds behind, looked at twice a second; draws only when they change. */
function useBehind(room: Room): number {
  const [behind, setBehind] = useState(() => room.moodBehind());
  useEffect(() => {
    const timer = setInterval(() => setBehind(room.moodBehind()), 500);
    return () => clearInterval(timer);
  }, [room]);
  return behind;
}
