import assert from 'node:assert/strict';
import { test } from 'node:test';
import { insert, insertMention, mentions, splitMentions } from '../src/room/mention.ts';

const shown = (text: string, name: string) => splitMentions(text, name).map((part) => (part.mention ? `[${part.text}]` : part.text)).join('');

test('a name is found with an @, or as a word of its own', () => {
  for (const [name, text, want] of [
    ['Alex', 'hi @alex!', 'hi [@alex]!'],
    ['Alex', 'Alex, hello. ALEX?', '[Alex], hello. [ALEX]?'],
    ['Alex', 'alexander and alex_2 and @alexa', 'alexander and alex_2 and @alexa'],
    ['Bo', 'bo is a name, @bo too', 'bo is a name, [@bo] too'], // too short to be found bare
    ['민지', '민지야 안녕, @민지님!', '[민지]야 안녕, [@민지]님!'], // particles are attached
    ['민지', '김민지 아님', '김민지 아님'],
    ['김 민지#1234', '@김 민지#1234 그리고 @김 민지', '[@김 민지#1234] 그리고 [@김 민지]'],
    ['Kim#1234', '@Kim#9999 is somebody else', '@Kim#9999 is somebody else'],
    ['Kim#1234', '@Kim#1234 and @kim', '[@Kim#1234] and [@kim]'],
    ['a.b*c', '@a.b*c not @aXbbc', '[@a.b*c] not @aXbbc'], // no expression
    ['Alex', 'mail me@alex.example', 'mail me[@alex].example'],
    ['', 'anything', 'anything'],
  ]) {
    assert.equal(shown(text!, name!), want);
    assert.equal(mentions(text!, name!), want!.includes('['), text);
    assert.equal(mentions(text!, name!), want!.includes('['), `${text}, again`);
  }
});

test('parts joined are the text', () => {
  for (const text of ['', '@', '@@alex@alex alex', 'Alex'.repeat(50)]) {
    assert.equal(splitMentions(text, 'alex').map((part) => part.text).join(''), text);
  }
});

test('a name is put where the caret is, apart from the word before', () => {
  for (const [draft, caret, text, then] of [
    ['', 0, '@Kim ', 5],
    ['hello', 5, 'hello @Kim ', 11],
    ['hello ', 6, 'hello @Kim ', 11],
    ['ab cd', 2, 'ab @Kim cd', 8],
  ] as const) {
    assert.deepEqual(insertMention(draft, caret, 'Kim'), { text, caret: then });
  }
  assert.deepEqual(insert('ab', 1, '💥'), { text: 'a💥b', caret: 3 });
});
