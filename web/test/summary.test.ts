import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findMessage, standing, type Placed } from '../src/room/summary.ts';
import type { Summary } from '../src/wire.ts';

const summary: Summary = {
  sentences: [
    { text: 'one', messageIds: ['a', 'b'] },
    { text: 'two', messageIds: ['c'] },
  ],
  from: '1.0',
  through: '1.9',
  at: '2026-01-01T00:00:00Z',
};
const texts = (s: Summary | null) => s?.sentences?.map(({ text }) => text) ?? [];

test('a sentence goes with any message that it cites', () => {
  assert.deepEqual(texts(standing(summary, new Set(), '')), ['one', 'two']);
  assert.deepEqual(texts(standing(summary, new Set(['b', 'x']), '')), ['two']);
  assert.equal(standing(summary, new Set(['b', 'c']), ''), null);
});

test('a cleared chat takes its summary along; one made of what came later stays', () => {
  assert.equal(standing(summary, new Set(), '1.10'), null);
  assert.deepEqual(texts(standing(summary, new Set(), '1.5')), ['one', 'two']);
});

test('no summary, and an empty one, are none', () => {
  for (const none of [null, { ...summary, sentences: [] }, { ...summary, sentences: null }]) assert.equal(standing(none, new Set(), ''), null);
});

const id = (at: number) => `id-${String(at).padStart(8, '0')}`;

test('a message is found in a long window within few pages, and what is not there is not', async () => {
  // Every third position is this room's.
  const all = Array.from({ length: 10_000 }, (_, i): Placed => {
    const n = 100 + 3 * i;
    return { id: id(n), position: `2.${n}`, streamId: '1', sender: { id: 'u', name: 'u' }, content: '', createdAt: '', ...(i === 77 ? { deleted: true } : {}) };
  });
  let pages = 0;
  const page = (after: string) => {
    pages++;
    const n = Number(after.split('.')[1]);
    return Promise.resolve(all.filter(({ position }) => Number(position.split('.')[1]) > n).slice(0, 200));
  };
  const window = { from: '2.0', through: '2.30097' };
  for (const i of [0, 1, 199, 200, 5_000, 9_799, 9_999]) {
    pages = 0;
    assert.equal((await findMessage(all[i]!.id, window, page))?.id, all[i]!.id);
    assert.ok(pages <= 12, `${pages} pages for ${i}`);
  }
  for (const missing of [id(1), id(101), id(15_000), id(99_999), all[77]!.id]) {
    pages = 0;
    assert.equal(await findMessage(missing, window, page), undefined);
    assert.ok(pages <= 24, `${pages} pages for ${missing}`);
  }
  assert.equal(await findMessage(id(100), window, () => Promise.resolve([])), undefined);
});
