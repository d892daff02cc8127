import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrive, control, emptyLog, follow, hold, KEPT, miss, newestOf, note, noteWhileHeld, people, type Arrival, type Log } from '../src/room/log.ts';

/** Message n at position 1.n, chained to the one before. */
function message(n: number, rest: Partial<Arrival> = {}): Arrival {
  return {
    message: {
      id: `id-${n}`,
      streamId: '1',
      sender: { id: 'u', name: 'Kim' },
      content: `text ${n}`,
      createdAt: '2026-01-01T00:00:00.000Z',
    },
    position: `1.${n}`,
    prev: n > 1 ? `1.${n - 1}` : '',
    ...rest,
  };
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => message(from + i));

/** The list as a person would read it out. */
function read(log: Log): string[] {
  return (log.held ?? log.lines).map((line) => {
    switch (line.kind) {
      case 'message':
        return line.withheld ? `-${line.message.id}` : line.message.id;
      case 'missed':
        return `missed ${line.count}`;
      default:
        return line.kind;
    }
  });
}

test('messages stand in the order of arrival, over batches', () => {
  const log = arrive(arrive(emptyLog, range(1, 2)), range(3, 4));
  assert.deepEqual(read(log), ['id-1', 'id-2', 'id-3', 'id-4']);
  assert.equal(log.last, '1.4');
});

test('a repeat is shown once, within a batch and over a resume', () => {
  const log = arrive(arrive(emptyLog, [message(1), message(1), message(2)]), [message(2, { prev: '' }), message(3)]);
  assert.deepEqual(read(log), ['id-1', 'id-2', 'id-3']);
});

test('a resume after an overlap does not break the chain', () => {
  const log = arrive(arrive(emptyLog, range(1, 3)), [message(2, { prev: '' }), message(3), message(4)]);
  assert.deepEqual(read(log), ['id-1', 'id-2', 'id-3', 'id-4']);
});

test('declared skips add up to one line, until a message stands between', () => {
  let log = arrive(emptyLog, [message(1), message(5, { skipped: 3 })]);
  log = miss(miss(log, 2), 4);
  log = arrive(log, [message(12), message(20, { skipped: 7 })].map((a) => ({ ...a, prev: '' })));
  assert.deepEqual(read(log), ['id-1', 'missed 3', 'id-5', 'missed 6', 'id-12', 'missed 7', 'id-20']);
});

test('a declared skip counts even if its message is a repeat', () => {
  const log = arrive(arrive(emptyLog, [message(1)]), [message(1, { skipped: 2 })]);
  assert.deepEqual(read(log), ['id-1', 'missed 2']);
});

test('a gap is said once in a row, and not above the first message', () => {
  let log = arrive(emptyLog, [message(9, { gap: true })]);
  assert.deepEqual(read(log), ['id-9']);
  log = arrive(miss(log, 0), [message(40, { gap: true })]);
  assert.deepEqual(read(log), ['id-9', 'gap', 'id-40']);
});

test('a break in the chain that nobody declared is said', () => {
  const log = arrive(arrive(emptyLog, [message(1)]), [message(3)]);
  assert.deepEqual(read(log), ['id-1', 'gap', 'id-3']);
});

test('the list is bounded, and so is what it remembers', () => {
  let log = emptyLog;
  for (let n = 1; n <= 20 * KEPT; n += 100) log = arrive(log, range(n, n + 99));
  assert.equal(log.lines.length, KEPT);
  assert.equal(read(log).at(-1), `id-${20 * KEPT}`);
  assert.ok(log.seen.size <= 4 * KEPT);
});

test('one batch larger than the list leaves the newest', () => {
  const log = arrive(emptyLog, range(1, 3 * KEPT));
  assert.equal(log.lines.length, KEPT);
  assert.equal(read(log)[0], `id-${2 * KEPT + 1}`);
});

test('held still: what is shown stays, what comes is counted, and following shows it', () => {
  let log = hold(arrive(emptyLog, range(1, 2)));
  log = arrive(log, range(3, 5));
  assert.deepEqual(read(log), ['id-1', 'id-2']);
  assert.equal(log.unread, 3);
  assert.equal(hold(log), log);
  log = follow(log);
  assert.deepEqual(read(log), ['id-1', 'id-2', 'id-3', 'id-4', 'id-5']);
  assert.equal(log.unread, 0);
});

test('a deletion withholds the text, also while held and before the message comes', () => {
  let log = hold(arrive(emptyLog, range(1, 2)));
  log = control(log, { id: 'c', action: 'delete', messageId: 'id-1' }, '1.3');
  log = control(log, { id: 'c', action: 'delete', messageId: 'id-5' }, '1.6');
  assert.deepEqual(read(log), ['-id-1', 'id-2']);
  log = arrive(follow(log), [message(5, { prev: '1.2' })]);
  assert.deepEqual(read(log), ['-id-1', 'id-2', '-id-5']);
});

test('a clear withholds what lies before it, whenever that arrives, and nothing after', () => {
  let log = arrive(emptyLog, range(1, 9));
  log = control(log, { id: 'c', action: 'clear' }, '1.10');
  log = arrive(log, [message(11, { prev: '1.9' }), message(7, { prev: '' })]);
  assert.deepEqual(read(log).slice(0, 2), ['-id-1', '-id-2']);
  assert.deepEqual(read(log).slice(-3), ['-id-9', 'cleared', 'id-11']);
  const late = arrive(control(emptyLog, { id: 'c', action: 'clear' }, '1.10'), [message(9), message(11, { prev: '1.9' })]);
  assert.deepEqual(read(late), ['cleared', '-id-9', 'id-11']);
});

test('a text that the server withheld already is withheld', () => {
  const gone = message(1);
  const log = arrive(emptyLog, [{ ...gone, message: { ...gone.message, content: '', deleted: true } }]);
  assert.deepEqual(read(log), ['-id-1']);
});

test('unknown room events change nothing', () => {
  const log = arrive(emptyLog, range(1, 2));
  assert.equal(control(log, { id: 'c', action: 'fireworks' }, '1.3'), log);
});

test('keys are unique, so that no line is drawn in place of another', () => {
  let log = emptyLog;
  for (let n = 1; n < 50; n++) log = arrive(miss(log, n % 3), [message(n * 3, { prev: '' })]);
  const keys = log.lines.map((line) => line.key);
  assert.equal(new Set(keys).size, keys.length);
});

test('bans are lines, many in a row are one, and a replayed one is none', () => {
  const bar = (log: Log, action: string, userId: string, seconds = 0, replayed = false) =>
    control(log, { id: 'c', action, userId, seconds }, '1.9', replayed);
  let log = arrive(emptyLog, range(1, 2));
  log = bar(log, 'ban', 'u');
  for (let n = 0; n < 49; n++) log = bar(log, 'ban', `troll ${n}`);
  log = bar(log, 'timeout', 'u', 60);
  log = bar(log, 'timeout', 'u', 600);
  assert.equal(bar(log, 'ban', 'u', 0, true), log);
  const lines = log.lines.filter((line) => line.kind === 'barred');
  assert.deepEqual(lines.map((line) => [line.action, line.seconds, line.count, line.names.join()]), [
    ['ban', 0, 50, 'Kim'],
    ['timeout', 60, 1, 'Kim'],
    ['timeout', 600, 1, 'Kim'],
  ]);
});

test('settings are a line when they change', () => {
  const settings = { slowSeconds: 30, chat: 'open' as const };
  const log = control(emptyLog, { id: 'c', action: 'settings', settings }, '1.1');
  assert.deepEqual(log.lines.map((line) => line.kind === 'settings' && line.settings), [settings]);
  assert.equal(control(emptyLog, { id: 'c', action: 'settings', settings }, '1.1', true), emptyLog);
});

test('a note moves nothing while the list is held still, and is known until it follows', () => {
  const first = { say: () => 'first' };
  const second = { say: () => 'second' };
  let log = note(arrive(emptyLog, range(1, 2)), first);
  assert.equal(noteWhileHeld(log), null);
  log = hold(log);
  assert.equal(noteWhileHeld(log), null); // it is in the list
  log = arrive(note(log, second), range(3, 3));
  log = control(log, { id: 'c', action: 'delete', messageId: 'id-2' }, '1.9');
  assert.deepEqual(read(log), ['id-1', '-id-2', 'note']);
  assert.equal(noteWhileHeld(log), second);
  assert.deepEqual(read(follow(log)), ['id-1', '-id-2', 'note', 'note', 'id-3']);
  assert.equal(noteWhileHeld(follow(log)), null);
});

test('people are those who wrote, the newest first, by the name they have now', () => {
  const by = (n: number, id: string, name: string) => {
    const arrival = message(n, { prev: '' });
    return { ...arrival, message: { ...arrival.message, sender: { id, name } } };
  };
  let log = arrive(emptyLog, [by(1, 'a', 'Ann'), by(2, 'b', 'Bob'), by(3, 'a', 'Anna'), by(4, '', 'nobody')]);
  assert.deepEqual(people(log.lines), [
    { id: 'a', name: 'Anna' },
    { id: 'b', name: 'Bob' },
  ]);
  assert.equal(newestOf(log.lines, 'a')?.message.id, 'id-3');
  log = control(log, { id: 'c', action: 'delete', messageId: 'id-3' }, '1.9');
  assert.equal(newestOf(log.lines, 'a')?.message.id, 'id-1'); // that can still be read
  assert.equal(newestOf(log.lines, 'c'), undefined);
});
