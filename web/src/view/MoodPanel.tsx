// The mood of the room: shares of the last minute or of all, and how old they are.

import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { BEHIND_S, shares, STALE_S } from '../room/mood.ts';
import type { Room } from '../room/room.ts';
import { words } from '../words/language.ts';

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
      <div class="bar" aria-hidden="true">
        {list.map(({ mood, count }) => (
          <span key={mood} class={`share share-${mood}`} style={{ flexGrow: count, minWidth: count > 0 ? '3px' : '0' }} />
        ))}
      </div>
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
      <Chart room={room} />
    </section>
  );
}

/** The chart and its library come when somebody asks for them. */
function Chart({ room }: { room: Room }) {
  const w = words.value;
  const open = useSignal(false);
  const [loaded, setLoaded] = useState<{ Chart: ComponentType<{ room: Room }> } | null>(null);

  function toggle() {
    open.value = !open.value;
    if (open.value && !loaded) {
      import('./MoodChart.tsx').then(
        ({ MoodChart }) => setLoaded({ Chart: MoodChart }),
        () => (open.value = false), // no network: the button offers it again
      );
    }
  }
  return (
    <div class="over-time">
      <button class="quiet" aria-expanded={open.value} onClick={toggle}>
        {open.value ? w.hideChart : w.showChart}
      </button>
      {open.value && <div class="chart">{loaded && <loaded.Chart room={room} />}</div>}
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
