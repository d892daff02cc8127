import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countdown } from '../src/room/countdown.ts';
import { barByRefusal, barred, BARS_KEPT, hindrance, mayBar, mayRemove, noSettings, timeOfId, type Bar, type Standing } from '../src/room/rules.ts';

const NOW = 1_700_000_000_000;
const standing = (rest: Partial<Standing>): Standing => ({ settings: noSettings, roles: [], bar: null, wroteAt: 0, ...rest });
const code = (rest: Partial<Standing>, now = NOW) => hindrance(standing(rest), now)?.code ?? null;

test('what keeps one from writing, the gravest first', () => {
  const slow = { slowSeconds: 30, chat: 'open' as const };
  const off = { slowSeconds: 30, chat: 'off' as const };
  const accounts = { slowSeconds: 0, chat: 'accounts' as const };
  const ban = { until: Infinity, reason: '' };
  const timeout = { until: NOW + 5_000, reason: 'spam' };
  for (const [rest, want] of [
    [{}, null],
    [{ bar: ban, settings: off }, 'banned'],
    [{ bar: timeout, settings: off }, 'timed_out'],
    [{ bar: { until: NOW, reason: '' } }, null], // over
    [{ settings: off }, 'chat_off'],
    [{ settings: accounts, roles: ['guest'] }, 'accounts_only'],
    [{ settings: accounts }, null],
    [{ settings: slow }, null], // nothing written yet
    [{ settings: slow, wroteAt: NOW - 29_000 }, 'slow_mode'],
    [{ settings: slow, wroteAt: NOW - 30_000 }, null],
    [{ settings: off, bar: ban, roles: ['moderator'] }, null], // no rule of the room holds for them
    [{ settings: slow, wroteAt: NOW, roles: ['owner'] }, null],
  ] as const) {
    assert.equal(code(rest), want, JSON.stringify(rest));
  }
  assert.equal(hindrance(standing({ settings: slow, wroteAt: NOW }), NOW)?.until, NOW + 30_000);
  assert.equal(hindrance(standing({ bar: timeout }), NOW)?.reason, 'spam');
});

test('bars follow the records, and what has ended is forgotten', () => {
  let bars: ReadonlyMap<string, Bar> = new Map();
  const apply = (action: string, userId: string, seconds = 0, at = NOW) => (bars = barred(bars, { id: 'c', action, userId, seconds, reason: 'why' }, at, NOW));
  apply('timeout', 'a', 60);
  assert.deepEqual(bars.get('a'), { until: NOW + 60_000, reason: 'why' });
  apply('ban', 'a');
  apply('timeout', 'a', 60); // does not shorten a ban
  assert.equal(bars.get('a')?.until, Infinity);
  apply('timeout', 'b', 10, NOW - 20_000); // replayed, and over
  apply('unban', 'a');
  assert.deepEqual([...bars.keys()], []);
  const before = bars;
  apply('delete', 'a');
  assert.equal(bars, before);
  for (let n = 0; n < BARS_KEPT + 10; n++) apply('ban', `troll ${n}`);
  assert.equal(bars.size, BARS_KEPT);
  assert.ok(!bars.has('troll 9') && bars.has('troll 10'));
});

test('refusals tell of bars that the page has not heard of', () => {
  assert.deepEqual(barByRefusal({ code: 'banned', message: '' }, NOW), { until: Infinity, reason: '' });
  assert.deepEqual(barByRefusal({ code: 'timed_out', message: '', retryAfterMs: 1_500 }, NOW), { until: NOW + 1_500, reason: '' });
  assert.equal(barByRefusal({ code: 'rate_limited', message: '', retryAfterMs: 1_500 }, NOW), undefined);
});

test('a UUIDv7 says when it was made', () => {
  assert.equal(timeOfId('018bcfe5-6800-7abc-8def-0123456789ab'), NOW);
  assert.equal(timeOfId('made-up-1'), 0);
  assert.equal(timeOfId('018bcfe5-6800-4abc-8def-0123456789ab'), 0);
});

test('a countdown counts whole seconds, rounded up', () => {
  for (const [ms, want] of [[-5, '0:00'], [0, '0:00'], [1, '0:01'], [12_000, '0:12'], [598_000, '9:58'], [3_600_000, '1:00:00'], [4_805_000, '1:20:05']] as const) {
    assert.equal(countdown(ms), want);
  }
});

test('nobody bars those above or beside them, nor the owner', () => {
  const ranks = [[], ['guest'], ['moderator'], ['owner'], ['admin'], ['admin', 'owner']];
  const may = (mine: string[]) => ranks.map((theirs) => (mayBar(mine, theirs) ? 'b' : '-') + (mayRemove(mine, theirs, false) ? 'd' : '-')).join(' ');
  assert.equal(may([]), '-- -- -- -- -- --');
  assert.equal(may(['moderator']), 'bd bd -- -- -- --');
  assert.equal(may(['owner']), 'bd bd bd -- -- --');
  assert.equal(may(['admin']), 'bd bd bd -d -- --');
  assert.equal(mayRemove(['owner'], ['owner'], true), true);
  assert.equal(mayRemove([], [], true), false);
});
