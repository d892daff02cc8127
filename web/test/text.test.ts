import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoff } from '../src/room/backoff.ts';
import { countCharacters, tooLong } from '../src/room/text.ts';

test('characters are what people perceive', () => {
  for (const [text, want] of [
    ['', 0],
    ['  안녕  ', 2], // surrounding space is not sent
    ['한글'.normalize('NFD'), 2], // as macOS types it
    ['👨‍👩‍👧‍👦🇰🇷', 2], // a family and a flag
    ['e\u0301', 1],
  ] as const) {
    assert.equal(countCharacters(text), want, text);
  }
});

test('a text is too long by characters or by bytes', () => {
  assert.equal(tooLong('가'.repeat(500)), false);
  assert.equal(tooLong('가'.repeat(501)), true);
  assert.equal(tooLong('👨‍👩‍👧‍👦'.repeat(163)), false);
  assert.equal(tooLong('👨‍👩‍👧‍👦'.repeat(164)), true); // 25 bytes each, above 4 KiB
});

test('the wait doubles, is spread, is bounded, and is at least what the server asks for', () => {
  assert.equal(backoff(0, 0), 250);
  assert.equal(backoff(0, 1), 500);
  assert.equal(backoff(3, 1), 4_000);
  assert.equal(backoff(50, 1), 20_000);
  assert.equal(backoff(0, 0, 7_000), 7_250);
});
