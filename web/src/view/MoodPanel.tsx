// The mood of the room: shares of the last minute or of all, and how old they are.

import { useSignal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { BEHIND_MS, shares, STALE_MS } from '../room/mood.ts';
import type { Room } from '../room/room.ts';
import { words } from '../words/language.ts';
import { lazy } from './lazy.tsx';
import { MoodBar } from './room/MoodBar.tsx';

const MoodChart = lazy(() => import('./MoodChart.tsx').then((m) => m.MoodChart));

/** How many of the terms that many use are shown. */
const TERMS = 6;
/** The age shown is this old at most. */
const LOOK_MS = 200;

export function MoodPanel({ room }: { room: Room }) {
  const w = words.value;
  const total = useSignal(false);
  const analysis = room.analysis.value;
  const behind = useBehind(room);

  const counts = (total.value ? analysis?.counts : analysis?.window?.counts) ?? {};
  const list = shares(counts);
  const counted = list.reduce((sum, share) => sum + share.count, 0);
  const chatters = (total.value ? analysis?.chatters : analysis?.window?.chatters) ?? 0;
  const stale = behind >= STALE_MS;
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
        {(analysis || behind > 0) && (
          <span class={behind > 0 ? 'age behind' : 'age'} data-behind={behind}>
            {stale ? w.moodStale(w.exactly(behind)) : behind > 0 ? w.moodBehind(w.exactly(behind)) : w.moodCurrent}
          </span>
        )}
      </div>
      <div class="mood-more">
        {analysis?.trending && analysis.trending.length > 0 && (
          <div class="trending">
            <h3>{w.trending}</h3>
            <ul>
              {analysis.trending.slice(0, TERMS).map(({ term, users }) => (
                <li key={term} title={w.trendingBy(users)}>
                  <bdi>{term}</bdi> <span aria-hidden="true">{users}</span>
                  <span class="unseen">{w.trendingBy(users)}</span>
                </li>
              ))}
            </ul>
          </div>
        )}
        <OverTime streamId={room.id} />
      </div>
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

/** How far behind in ms, if that is worth telling, else 0; draws only when it changes. */
function useBehind(room: Room): number {
  const look = () => {
    const behind = room.moodBehind();
    return behind >= BEHIND_MS ? Math.round(behind) : 0;
  };
  const [behind, setBehind] = useState(look);
  useEffect(() => {
    const timer = setInterval(() => setBehind(look()), LOOK_MS);
    return () => clearInterval(timer);
  }, [room]);
  return behind;
}
