import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analysisCame, behindMs, isOlder, messagesCame, shares, unknownFreshness, type Freshness, type Seen } from '../src/room/mood.ts';
import { comparePositions } from '../src/room/position.ts';
import { moods, type Analysis } from '../src/wire.ts';

const analysis = (through: string, age = 0, throughTime = 0): Analysis => ({ totalCount: 0, counts: {}, through, age, throughTime: new Date(START + throughTime).toISOString() });

test('percentages sum to 100, whatever the counts', () => {
  for (const counts of [
    { praise: 1, criticism: 1, laughter: 1 },
    { praise: 1, criticism: 1, laughter: 1, question: 1, advice: 1, other: 1 },
    { praise: 999, other: 1 },
    { praise: 67, criticism: 133, laughter: 0, question: 67, advice: 133, other: 0 },
  ]) {
    const list = shares(counts);
    assert.equal(list.reduce((sum, share) => sum + share.percent, 0), 100);
    assert.deepEqual(list.map((share) => share.mood), moods);
  }
});

test('nothing counted is nothing of everything', () => {
  assert.ok(shares({}).every((share) => share.percent === 0 && share.count === 0));
});

const START = Date.parse('2026-01-01T00:00:00.000Z');
/** Message 1.n, logged at a time after START and seen a moment later, or far later. */
const seen = (n: number, logged: number, rest: Partial<Seen> = {}): Seen => ({ position: `1.${n}`, logged: START + logged, came: START + logged, live: true, ...rest });
const behind = (f: Freshness, now: number) => behindMs(f, START + now);

test('a quiet room does not age, and neither does one that is counted up to its end', () => {
  let f = messagesCame(unknownFreshness, [seen(5, 0)]);
  f = analysisCame(f, analysis('1.5'));
  for (const now of [100, 60_000, 3_600_000]) assert.equal(behind(f, now), 0);
});

test('no messages, no age', () => {
  assert.equal(behind(unknownFreshness, 3_600_000), 0);
  assert.equal(behind(analysisCame(unknownFreshness, analysis('1.5', 4_000)), 60_000), 0);
});

test('a stopped analyser: the age is that of the oldest message not counted, and grows', () => {
  let f = messagesCame(unknownFreshness, [seen(5, 0)]);
  f = analysisCame(f, analysis('1.5'));
  for (let n = 6; n < 40; n++) f = messagesCame(f, [seen(n, 1_000 * n)]);
  for (const now of [40_000, 60_000, 600_000]) assert.equal(behind(f, now), now - 6_000);
});

test('a slow analyser: the age follows what it has counted, whatever way it takes to the page', () => {
  let f = unknownFreshness;
  // Ten messages a second, each 40 ms on its way; counted 3 s after they were logged.
  for (let n = 1; n <= 100; n++) f = messagesCame(f, [seen(n, 100 * n, { came: START + 100 * n + 40 })]);
  for (let n = 1; n < 100; n++) {
    f = analysisCame(f, analysis(`1.${n}`, 3_000, 100 * n));
    const now = 100 * n + 3_000;
    const truth = now - 100 * (n + 1);
    assert.ok(Math.abs(behind(f, now) - truth) <= 300, `${behind(f, now)} for ${truth}`);
  }
});

test('a browser whose clock is wrong shows the age all the same', () => {
  for (const ahead of [-3_600_000, -5_000, 7_000, 86_400_000]) {
    let f = messagesCame(unknownFreshness, [seen(1, 0, { came: START + ahead + 900 }), seen(2, 2_000, { came: START + ahead + 2_010 })]);
    f = analysisCame(f, analysis('1.1'));
    assert.ok(Math.abs(behind(f, 10_000 + ahead) - 8_000) <= 300, String(ahead));
  }
});

test('a message that is drawn or replayed late is as old as the log says', () => {
  let f = analysisCame(unknownFreshness, analysis('1.5'));
  f = messagesCame(f, [4, 5, 6].map((n) => seen(n, 1_000 * n, { came: START + 60_000, live: false })));
  assert.equal(behind(f, 60_000), 54_000);
});

test('who comes to a room that is far behind goes by the time up to which the server has counted', () => {
  let f = analysisCame(unknownFreshness, analysis('1.5', 4_000, 1_000));
  f = messagesCame(f, [seen(200, 50_000, { came: START + 60_000, live: false })]);
  assert.equal(behind(f, 60_000), 59_000);
  // Once nothing is unseen between, the room's own messages decide: others may be behind, not this one.
  f = analysisCame(f, analysis('1.200', 4_000, 1_000));
  f = messagesCame(f, [seen(201, 61_000)]);
  assert.equal(behind(f, 62_000), 1_000);
});

test('a flood that is not counted keeps its oldest and its newest message', () => {
  let f = unknownFreshness;
  for (let n = 1; n <= 1000; n++) f = messagesCame(f, [seen(n, n)]);
  assert.ok(f.uncounted.length <= 200);
  assert.equal(f.uncounted[0]?.position, '1.1');
  f = analysisCame(f, analysis('1.999'));
  assert.equal(behind(f, 12_000), 11_000);
});

test('an older result is known as such; the same position again is not older', () => {
  assert.equal(isOlder(analysis('1.4'), analysis('1.5')), true);
  assert.equal(isOlder(analysis('1.5'), analysis('1.5')), false);
  assert.equal(isOlder(analysis('2.1'), analysis('1.5')), false);
  assert.equal(isOlder(analysis('1.1'), null), false);
});

test('positions are ordered as numbers, epoch first; an empty one lies before all', () => {
  const sorted = ['', '1.0', '1.2', '1.10', '2.1', '10.0'];
  const shuffled = ['2.1', '1.10', '10.0', '', '1.2', '1.0'];
  assert.deepEqual(shuffled.sort(comparePositions), sorted);
});
