import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analysisCame, behindSeconds, isOlder, messagesCame, shares, unknownFreshness } from '../src/room/mood.ts';
import { comparePositions } from '../src/room/position.ts';
import { moods, type Analysis } from '../src/wire.ts';

const analysis = (through: string, age = 0): Analysis => ({ totalCount: 0, counts: {}, through, age });

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

test('a quiet room does not age', () => {
  let f = messagesCame(unknownFreshness, ['1.5'], 0);
  f = analysisCame(f, analysis('1.5'), 100);
  assert.equal(behindSeconds(f, 3_600_000), 0);
});

test('a message that is not counted ages the mood until it is', () => {
  let f = analysisCame(unknownFreshness, analysis('1.5'), 0);
  f = messagesCame(f, ['1.4', '1.6'], 1_000);
  f = messagesCame(f, ['1.7'], 5_000);
  assert.equal(behindSeconds(f, 7_000), 6);
  f = analysisCame(f, analysis('1.6'), 7_000);
  assert.equal(behindSeconds(f, 8_000), 3);
  f = analysisCame(f, analysis('1.7'), 9_000);
  assert.equal(behindSeconds(f, 99_000), 0);
});

test('what the server says of its age counts, too, and goes on growing while it is behind', () => {
  let f = analysisCame(unknownFreshness, analysis('1.5', 4_000), 0);
  assert.equal(behindSeconds(f, 60_000), 0);
  f = messagesCame(f, ['1.9'], 1_000);
  assert.equal(behindSeconds(f, 3_000), 7);
});

test('a flood that is not counted keeps its oldest and its newest message', () => {
  let f = unknownFreshness;
  for (let n = 1; n <= 1000; n++) f = messagesCame(f, [`1.${n}`], n);
  assert.ok(f.uncounted.length <= 200);
  assert.equal(f.uncounted[0]?.at, 1);
  f = analysisCame(f, analysis('1.999'), 2_000);
  assert.equal(behindSeconds(f, 12_000), 11);
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
