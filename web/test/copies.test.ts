import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gather, plain } from '../src/room/copies.ts';
import type { Line } from '../src/room/log.ts';

let n = 0;
function line(user: string, content: string, second = 0, withheld = false): Line {
  const id = `id-${++n}`;
  const createdAt = new Date(Date.UTC(2026, 0, 1) + second * 1_000).toISOString();
  return { kind: 'message', key: id, position: `1.${n}`, withheld, message: { id, streamId: '1', sender: { id: user, name: user }, content, createdAt } };
}
const none: ReadonlySet<string> = new Set();
/** Each line that is shown, with its counter. */
const read = (lines: Line[], me?: string, open = none) =>
  gather(lines, me, open).map(({ line: { kind, ...rest }, copies }) => `${'message' in rest ? rest.message.content : kind}${copies ? ` ×${copies + 1}` : ''}`);

test('copies by others are one line with a counter, wherever they stand within 30 s', () => {
  const lines = [line('a', 'ㄱㄱ 레이드'), line('b', 'hello'), line('b', 'ㄱㄱ 레이드!', 3), line('c', 'ㄱㄱ  레이드', 30), line('d', 'ㄱㄱ레이드', 31), line('e', 'ㄱㄱ 레이드', 40)];
  assert.deepEqual(read(lines), ['ㄱㄱ 레이드 ×3', 'hello', 'ㄱㄱ레이드 ×2']);
});

test('what one person repeats, what the reader wrote and what was removed stand by themselves', () => {
  assert.deepEqual(read([line('a', 'x'), line('a', 'x'), line('b', 'x')]), ['x ×2', 'x']);
  assert.deepEqual(read([line('a', 'x'), line('me', 'x'), line('b', 'x')], 'me'), ['x ×2', 'x']);
  assert.deepEqual(read([line('a', 'x', 0, true), line('b', 'x'), line('c', 'x', 0, true)]), ['x', 'x', 'x']);
});

test('lines that are no messages stay, and opened copies stand where they were written', () => {
  const first = line('a', 'gg');
  const lines: Line[] = [first, { kind: 'gap', key: 'g' }, line('b', 'GG'), line('c', 'gg!')];
  assert.deepEqual(read(lines), ['gg ×3', 'gap']);
  assert.deepEqual(read(lines, undefined, new Set([first.key])), ['gg ×3', 'gap', 'GG', 'gg!']);
});

test('texts that differ in more than dress are no copies', () => {
  for (const [one, other, same] of [
    ['LOOOOL', 'lool', true],
    ['ㅋㅋㅋㅋㅋㅋ', 'ㅋㅋ', true],
    ['Ｗｈａｔ?!', 'what', true],
    ['???', '?', false],
    ['!!', '??', false],
    ['room 11', 'room 1', false],
    ['1000', '10000', false],
    ['go left', 'go right', false],
  ] as const) assert.equal(plain(one) === plain(other), same, `${one} and ${other}`);
  assert.equal(plain('  '), '');
});

test('a full list of copies is gathered without looking at each text again', () => {
  const lines = Array.from({ length: 300 }, (_, i) => line(`u${i}`, 'same'));
  assert.deepEqual(read(lines), ['same ×300']);
});
