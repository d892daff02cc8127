// Mood over time, drawn by uPlot; loaded only when it is opened.

import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Room } from '../room/room.ts';
import { moods } from '../wire.ts';
import { language, words } from '../words/language.ts';

const HEIGHT = 150;
const REFRESH_MS = 1_000;

export function MoodChart({ room }: { room: Room }) {
  const w = words.value;
  const place = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const parent = place.current!;
    const style = getComputedStyle(parent);
    const ink = style.getPropertyValue('--ink-3');
    const line = style.getPropertyValue('--line');
    const clock = new Intl.DateTimeFormat(language.value, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: `11px ${style.fontFamily}` };
    const chart = new uPlot(
      {
        width: parent.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: true }, y: { range: (_, __, most) => [0, Math.max(5, most)] } },
        axes: [
          { ...axis, size: 26, space: 80, values: (_, at) => at.map((second) => clock.format(second * 1000)) },
          { ...axis, size: 34, space: 30 },
        ],
        series: [
          {},
          ...moods.map((mood) => ({
            label: w.moods[mood],
            stroke: style.getPropertyValue(`--mood-${mood}`),
            width: mood === 'other' ? 1 : 2,
            points: { show: false },
          })),
        ],
      },
      data(room),
      parent,
    );
    const refreshing = setInterval(() => chart.setData(data(room)), REFRESH_MS);
    const observer = new ResizeObserver(() => chart.setSize({ width: parent.clientWidth, height: HEIGHT }));
    observer.observe(parent);
    return () => {
      observer.disconnect();
      clearInterval(refreshing);
      chart.destroy();
    };
  }, [w, room]);

  return (
    <figure>
      <div ref={place} class="chart-place" role="img" aria-label={w.chartHint} />
      <figcaption>{w.chartHint}</figcaption>
    </figure>
  );
}

function data(room: Room): uPlot.AlignedData {
  const wall = (Date.now() - performance.now()) / 1000;
  const { samples } = room;
  return [
    samples.map((sample) => wall + sample.at / 1000),
    ...moods.map((mood) => samples.map(({ analysis }) => analysis.window?.counts[mood] ?? 0)),
  ];
}
