import assert from 'node:assert/strict';
import { test } from 'node:test';
import { duration, read, resolve, usage, type Command } from '../src/room/command.ts';

const names = ['Kim', 'Kim Min', '김 민지#1234', 'troll'];

/** What is read, in short. */
function short(written: string): unknown {
  const reading = read(written, names);
  switch (reading.is) {
    case 'text':
      return reading.text;
    case 'unknown':
      return `? ${reading.word}`;
    case 'incomplete':
      return `! ${reading.verb}`;
    case 'command':
      return reading.command;
  }
}

test('commands are read as what they ask for', () => {
  const cases: [string, Command][] = [
    ['/timeout troll 600', { do: 'timeout', name: 'troll', seconds: 600, reason: '' }],
    ['/timeout troll', { do: 'timeout', name: 'troll', seconds: 600, reason: '' }],
    ['/timeout @troll 10m spam  and more', { do: 'timeout', name: 'troll', seconds: 600, reason: 'spam and more' }],
    ['/timeout troll for spam', { do: 'timeout', name: 'troll', seconds: 600, reason: 'for spam' }],
    ['/timeout 김 민지#1234 60 도배', { do: 'timeout', name: '김 민지#1234', seconds: 60, reason: '도배' }],
    ['/ban Kim Min', { do: 'ban', name: 'Kim Min', reason: '' }], // the longest name that fits
    ['/ban kim minus one', { do: 'ban', name: 'Kim', reason: 'minus one' }], // a whole name, not a part of a word
    ['/ban "A Stranger" was here before', { do: 'ban', name: 'A Stranger', reason: 'was here before' }],
    ['/ban “A Stranger”', { do: 'ban', name: 'A Stranger', reason: '' }], // as phones quote
    ['/BAN stranger', { do: 'ban', name: 'stranger', reason: '' }],
    ['/unban @Kim', { do: 'unban', name: 'Kim' }],
    ['/delete troll', { do: 'delete', name: 'troll' }],
    [' /clear ', { do: 'clear' }],
    ['/slow 30', { do: 'slow', seconds: 30 }],
    ['/slow off', { do: 'slow', seconds: 0 }],
    ['/slow 2m', { do: 'slow', seconds: 120 }],
    ['/chat accounts', { do: 'chat', chat: 'accounts' }],
    ['/help', { do: 'help' }],
  ];
  for (const [written, command] of cases) assert.deepEqual(short(written), command, written);
});

test('what is missing or makes no sense is said, and nothing is done', () => {
  for (const [written, why] of [
    ['/timeout', '! timeout'],
    ['/timeout troll 0', '! timeout'],
    ['/timeout troll 15d', '! timeout'], // longer than two weeks
    ['/ban', '! ban'],
    ['/ban  @', '! ban'],
    ['/unban troll because', '! unban'],
    ['/delete', '! delete'],
    ['/clear everything', '! clear'],
    ['/slow', '! slow'],
    ['/slow 121', '! slow'],
    ['/slow -1', '! slow'],
    ['/chat closed', '! chat'],
    ['/fireworks now', '? fireworks'],
    ['/constructor', '? constructor'], // of every object, and of no command
  ] as const) {
    assert.equal(short(written), why, written);
  }
});

test('a text is a text, and two slashes begin one with a slash', () => {
  for (const [written, text] of [
    ['hello /ban troll', 'hello /ban troll'],
    ['/', '/'],
    ['/ 2', '/ 2'],
    ['/etc/passwd is a file', '/etc/passwd is a file'],
    ['/24 and a half', '/24 and a half'],
    ['//ban is a command', '/ban is a command'],
    ['  spaces  ', 'spaces'],
  ]) {
    assert.equal(short(written!), text, written);
  }
});

test('every command has a usage that is itself a command', () => {
  for (const line of Object.values(usage)) {
    const example = line.replace(/ \[.*\]/, '').replace('open|accounts|off', 'open');
    assert.equal(read(example).is, 'command', example);
  }
});

test('durations', () => {
  for (const [text, seconds] of [['90', 90], ['90s', 90], ['10m', 600], ['1H', 3600], ['2d', 172_800], ['', null], ['ten', null], ['1.5', null], ['99999999', null]] as const) {
    assert.equal(duration(text), seconds, text);
  }
});

test('a name means whoever is called so, or guests by the name they chose', () => {
  const people = [
    { id: 'a', name: 'Kim#1111' },
    { id: 'b', name: 'Kim#2222' },
    { id: 'c', name: 'kim' },
    { id: 'd', name: 'Lee#3333' },
  ];
  const ids = (name: string) => resolve(name, people).map(({ id }) => id);
  assert.deepEqual(ids('KIM'), ['c']);
  assert.deepEqual(ids('Kim#2222'), ['b']);
  assert.deepEqual(ids('lee'), ['d']);
  assert.deepEqual(ids('Park'), []);
  assert.deepEqual(resolve('Kim', people.slice(0, 2)).map(({ id }) => id), ['a', 'b']);
});
