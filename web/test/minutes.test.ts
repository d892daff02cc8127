import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askFrom, ceiling, columns, linePath, mergeMinutes } from '../src/room/minutes.ts';
import { overlayOptions } from '../src/room/overlay.ts';
import { playback } from '../src/room/playback.ts';
import { moods } from '../src/wire.ts';

const T = Date.parse('2026-01-01T12:00:00Z');
const at = (n: number) => T + n * 60_000;
const minute = (n: number, praise: number) => ({ at: new Date(at(n)).toISOString(), messages: praise, counts: { praise } });

test('newer answers replace what was known, in order, and old minutes go', () => {
  const merged = mergeMinutes([minute(0, 1), minute(2, 2)], [minute(2, 5), minute(1, 3), minute(3, 4)], at(1));
  assert.deepEqual(merged.map(({ at, messages }) => [Date.parse(at), messages]), [[at(1), 3], [at(2), 5], [at(3), 4]]);
});

test('the newest minute is asked for again, since it grows', () => {
  assert.equal(askFrom([], at(0)), at(0));
  assert.equal(askFrom([minute(3, 1), minute(5, 1)], at(0)), at(5));
  assert.equal(askFrom([minute(3, 1)], at(4)), at(4));
});

test('a chart has a point a minute, and silence is zero', () => {
  const [times, ...lines] = columns([minute(2, 7), minute(4, 3)], at(0), at(5) + 30_000);
  assert.deepEqual(times.map((second) => (second * 1000 - T) / 60_000), [1, 2, 3, 4, 5]); // not from before it began
  assert.equal(lines.length, moods.length);
  assert.deepEqual(lines[moods.indexOf('praise')], [0, 7, 0, 3, 0]);
  assert.deepEqual(lines[moods.indexOf('other')], [0, 0, 0, 0, 0]);
});

test('a chart of nothing has a line at zero, and a day has 1440 points', () => {
  assert.deepEqual(columns([], at(0), at(60) + 1)[1], [0, 0]);
  assert.equal(columns([minute(-9_999, 1)], at(0), at(1440))[0].length, 1440);
});

test('an axis ends at a round number that holds everything', () => {
  for (const [most, end] of [[0, 4], [4, 4], [5, 6], [7, 10], [11, 20], [61, 100], [101, 200], [999, 1000]] as const) {
    assert.equal(ceiling(most), end, String(most));
  }
  for (let most = 0; most < 2_000; most++) assert.ok(ceiling(most) >= most && ceiling(most) % 2 === 0 && ceiling(most) <= Math.max(4, 2 * most));
  assert.equal(linePath([0, 3, 1], 4), 'M0 4L1 1L2 3');
  assert.equal(linePath([], 4), '');
});

test('the overlay takes what makes sense', () => {
  const options = (query: string) => overlayOptions(new URLSearchParams(query));
  assert.deepEqual(options(''), { lines: 12, size: 22, mood: false, theme: 'dark', fade: 0 });
  assert.deepEqual(options('lines=5&size=40&mood=1&theme=light&fade=30'), { lines: 5, size: 40, mood: true, theme: 'light', fade: 30 });
  assert.deepEqual(options('lines=-3&size=1e9&mood=yes&theme=pink&fade=x'), { lines: 1, size: 96, mood: false, theme: 'dark', fade: 0 });
});

test('a video is played, or linked to, or is none', () => {
  for (const [address, want] of [
    ['https://cdn.example/a.mp4?t=1', 'file'],
    ['http://cdn.example/a.WEBM', 'file'],
    ['https://cdn.example/live.m3u8', 'hls'],
    ['https://video.example/watch?v=a.mp4', 'link'],
    ['javascript:alert(1)//.mp4', undefined],
    ['data:video/mp4,.mp4', undefined],
    ['a.mp4', undefined],
    ['', undefined],
    [undefined, undefined],
  ] as const) {
    assert.equal(playback(address)?.is, want, address);
  }
});
