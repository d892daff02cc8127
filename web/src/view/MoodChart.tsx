// Mood over time as the server counted it, minute by minute: a line per mood, in
// the colours of the bar. Its script comes when it is opened.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { analysisMinutes } from '../api/moderation.ts';
import { askFrom, ceiling, columns, linePath, mergeMinutes } from '../room/minutes.ts';
import { moods, type Minute } from '../wire.ts';
import { language, words } from '../words/language.ts';
import { clock } from './room/clock.ts';

const REFRESH_MS = 10_000;
const MINUTE_MS = 60_000;
/** How many minutes are shown; a day is the most that one question may be about. */
const RANGES = [60, 360, 1440] as const;

export function MoodChart({ streamId }: { streamId: string }) {
  const w = words.value;
  const range = useSignal<number>(RANGES[0]);
  const state = useMinutes(streamId, range.value);
  const [times, ...lines] = columns(state.minutes, state.from, Date.now());
  const top = ceiling(Math.max(...lines.flat()));
  const nothing = state.is === 'known' && state.minutes.length === 0;
  const marks = [0, 0.5, 1].map((part) => times[Math.round(part * (times.length - 1))] ?? 0);
  return (
    <figure>
      <div class="toggle" role="group" aria-label={w.chartRange}>
        {RANGES.map((minutes) => (
          <button key={minutes} aria-pressed={range.value === minutes} onClick={() => (range.value = minutes)}>
            {w.duration(minutes * 60)}
          </button>
        ))}
      </div>
      <div class="chart-place" role="img" aria-label={w.chartHint}>
        <span>{top}</span>
        <span>{top / 2}</span>
        <span>0</span>
        {/* Stretched to its place; strokes keep their width. */}
        <svg viewBox={`0 0 ${Math.max(1, times.length - 1)} ${top}`} preserveAspectRatio="none">
          {moods.map((mood, i) => (
            <path key={mood} class={`share-${mood}`} d={linePath(lines[i] ?? [], top)} />
          ))}
        </svg>
      </div>
      <p class="chart-times" aria-hidden="true">
        {marks.map((second, i) => (
          <span key={i}>{clock(new Date(second * 1000).toISOString(), language.value)}</span>
        ))}
      </p>
      <figcaption>
        <span role="status">
          {state.is === 'failed' ? w.chartFailed : state.is === 'loading' ? w.chartLoading : nothing ? w.chartNone : w.chartHint}
        </span>
      </figcaption>
    </figure>
  );
}

interface Known {
  is: 'loading' | 'known' | 'failed';
  minutes: readonly Minute[];
  from: number;
}

/** Minutes of the last so many, renewed while the page is looked at. */
function useMinutes(streamId: string, range: number): Known {
  const known = useSignal<Known>({ is: 'loading', minutes: [], from: Date.now() });
  useEffect(() => {
    let gone = false;
    let minutes: readonly Minute[] = [];
    async function load() {
      const now = Date.now();
      const from = Math.floor(now / MINUTE_MS) * MINUTE_MS - (range - 1) * MINUTE_MS;
      try {
        const came = await analysisMinutes(streamId, askFrom(minutes, from), now);
        if (gone) return;
        minutes = mergeMinutes(minutes, came, from);
        known.value = { is: 'known', minutes, from };
      } catch {
        // What is known stays; the next time may go better.
        if (!gone) known.value = { ...known.peek(), is: minutes.length > 0 ? 'known' : 'failed' };
      }
    }
    known.value = { ...known.peek(), is: 'loading' };
    void load();
    const refreshing = setInterval(() => document.visibilityState === 'visible' && void load(), REFRESH_MS);
    return () => {
      gone = true;
      clearInterval(refreshing);
    };
  }, [streamId, range]);
  return known.value;
}
