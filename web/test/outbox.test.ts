import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as out from '../src/room/outbox.ts';

const nonces = (box: out.Outbox) => box.map((p) => `${p.nonce} ${p.state}`);

const T0 = 1_000_000;
/** One text, handed to the connection at T0. */
const one = out.sent(out.enqueue([], 'n', 'hi'), ['n'], T0);

test('texts are due in the order of writing, until they are sent', () => {
  const box = out.enqueue(out.enqueue([], 'a', 'first'), 'b', 'second');
  assert.deepEqual(out.due(box, 0).map((p) => p.nonce), ['a', 'b']);
  assert.deepEqual(out.due(out.sent(box, ['a', 'b'], 0), 1), []);
});

test('after its receipt a text waits for its message, and not for ever', () => {
  const box = out.logged(one, 'n', T0);
  assert.deepEqual(nonces(box), ['n logged']);
  assert.deepEqual(out.due(box, 1e12), []);
  assert.deepEqual(out.settled(box, 'n'), []);
  assert.deepEqual(out.expire(box, T0 + out.ECHO_MS), []);
});

test('a refused text stays with its reason until its writer takes it', () => {
  const box = out.refused(one, 'n', { code: 'rate_limited', message: '' }, 5);
  assert.deepEqual(nonces(box), ['n refused']);
  assert.equal(box[0]?.why?.code, 'rate_limited');
  assert.deepEqual(out.due(box, 1e12), []);
  assert.deepEqual(nonces(out.expire(box, 1e12)), ['n refused']);
});

test('an unknown outcome is repeated with the same nonce after a pause', () => {
  const box = out.refused(one, 'n', { code: 'outcome_unknown', message: '', retryAfterMs: 4000 }, T0);
  assert.deepEqual(out.due(box, T0 + 3999), []);
  assert.deepEqual(out.due(box, T0 + 4000).map((p) => p.nonce), ['n']);
});

test('a lost connection makes what had no answer due at once, and nothing else', () => {
  let box = out.enqueue(one, 'r', 'refused');
  box = out.refused(out.sent(box, ['r'], T0), 'r', { code: 'banned', message: '' }, T0);
  box = out.disconnected(box);
  assert.deepEqual(nonces(box), ['n waiting', 'r refused']);
  assert.deepEqual(out.due(box, T0).map((p) => p.nonce), ['n']);
});

test('without an answer on an open connection it is asked for again', () => {
  assert.deepEqual(out.due(one, T0 + out.PATIENCE_MS - 1), []);
  assert.deepEqual(out.due(one, T0 + out.PATIENCE_MS).map((p) => p.nonce), ['n']);
});

test('when the server may have forgotten the nonce, nothing is repeated: the writer decides', () => {
  let box = out.disconnected(one);
  const late = T0 + out.REPEATABLE_MS + 1;
  assert.deepEqual(out.due(box, late), []);
  box = out.expire(box, late);
  assert.deepEqual(nonces(box), ['n unsure']);
});

test('a repeat counts from the first sending', () => {
  const box = out.sent(out.disconnected(one), ['n'], T0 + out.REPEATABLE_MS - 1);
  assert.deepEqual(nonces(out.expire(box, T0 + out.REPEATABLE_MS + 1)), ['n unsure']);
});

test('what was never sent may wait for any time', () => {
  const box = out.enqueue([], 'n', 'hi');
  assert.deepEqual(nonces(out.expire(box, 1e12)), ['n waiting']);
  assert.equal(out.due(box, 1e12).length, 1);
});

test('a refused text knows from when it may be sent', () => {
  const [p] = out.refused(one, 'n', { code: 'rate_limited', message: '', retryAfterMs: 3_000 }, T0);
  assert.deepEqual([p?.state, p?.nextAt], ['refused', T0 + 3_000]);
});

test('unknown nonces change nothing', () => {
  assert.equal(out.settled(one, 'other'), one);
  assert.deepEqual(out.refused(one, 'other', { code: 'x', message: '' }, 0), one);
});
