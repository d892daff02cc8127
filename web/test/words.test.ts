import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { en } from '../src/words/en.ts';
import { ko } from '../src/words/ko.ts';

type Tree = { [key: string]: unknown };

function paths(tree: Tree, at = ''): string[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    value !== null && typeof value === 'object' ? paths(value as Tree, `${at}${key}.`) : [`${at}${key} ${typeof value}`],
  );
}

test('both languages say the same things', () => {
  assert.deepEqual(paths(ko).sort(), paths(en).sort());
});

test('nothing is empty, and Korean is not left in English', () => {
  for (const path of paths(ko)) {
    const keys = path.split(' ')[0]!.split('.');
    const pick = (words: Tree) => keys.reduce<unknown>((tree, key) => (tree as Tree)[key], words);
    const say = (text: unknown) => (typeof text === 'function' ? String(text(7, 9)) : String(text));
    assert.notEqual(say(pick(en)), '', path);
    assert.match(say(pick(ko)), /[가-힣]/, path);
  }
});

// What only a broken client can meet, or an operator at the command line, so that no viewer reads it.
const ofPrograms = new Set(
  `malformed_frame frame_too_large unsupported unsupported_version heart_beat_invalid heart_beat_missed connect_timeout
   not_connected already_connected header_missing header_invalid destination_unknown subscription_exists
   subscription_unknown position_invalid body_invalid nonce_invalid stream_mismatch not_found bad_request too_large
   engine_password engine_authority engine_certificate`.split(/\s+/),
);

test('every code that a person can meet has words', () => {
  const source = readFileSync('../code.go', 'utf8');
  const codes = [...source.matchAll(/Code = "(\w+)"/g)].map((match) => match[1]!);
  assert.ok(codes.length > 20);
  const missing = codes.filter((code) => !ofPrograms.has(code) && !(code in en.codes));
  assert.deepEqual(missing, []);
});
