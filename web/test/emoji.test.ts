import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emojiSets } from '../src/room/emoji-table.ts';
import { gridStep, searchEmoji } from '../src/room/emoji.ts';

const all = emojiSets.flatMap((set) => set.list);
const find = (search: string) => searchEmoji(emojiSets, search).map(({ char }) => char);

test('the set is bounded, each emoji is there once, and has names in both languages', () => {
  assert.ok(all.length > 200 && all.length < 500, String(all.length));
  assert.equal(new Set(all.map(({ char }) => char)).size, all.length);
  for (const { char, ko, en } of all) {
    assert.equal([...new Intl.Segmenter().segment(char)].length, 1, char);
    assert.match(ko.join(), /[가-힣ㄱ-ㅣ]/, char);
    assert.match(en.join(), /^[\x20-\x7e]+$/, char);
    assert.equal(en.join(), en.join().toLowerCase(), char); // as the search is
  }
});

test('emoji are found in Korean and English, whole names first', () => {
  assert.equal(find('불')[0], '🔥');
  assert.equal(find('fire')[0], '🔥');
  assert.equal(find('박수')[0], '👏');
  assert.ok(find('하트').length > 10);
  assert.ok(find('ㅋㅋ').includes('😂'));
  assert.deepEqual(find('dog').slice(0, 1), ['🐶']); // before hot dog
  assert.equal(find('고양이 하트')[0], '😻'); // every word has to fit
  assert.equal(find('고양이 heart').length, 0);
  assert.equal(find('강아지'.normalize('NFD'))[0], '🐶'); // as macOS types it
  assert.deepEqual(find('no such thing at all'), []);
  assert.equal(find('  ').length, all.length);
});

test('keys lead through the grid and not out of it', () => {
  // 10 in rows of 4: 0–3, 4–7, 8–9.
  for (const [key, from, to] of [
    ['ArrowRight', 3, 4],
    ['ArrowLeft', 0, 0],
    ['ArrowDown', 5, 9],
    ['ArrowDown', 7, 7],
    ['ArrowUp', 2, 2],
    ['ArrowUp', 9, 5],
    ['Home', 6, 4],
    ['End', 4, 7],
    ['End', 8, 9],
    ['PageDown', 1, 9],
    ['PageUp', 9, 0],
  ] as const) {
    assert.equal(gridStep(key, from, 10, 4), to, `${key} from ${from}`);
  }
  assert.equal(gridStep('a', 3, 10, 4), null);
  assert.equal(gridStep('ArrowDown', 0, 0, 4), null);
});
