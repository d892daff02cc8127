// What a viewer does not get is said: deleted, skipped, lost, refused.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server } from './server.mjs';
import { launch, Viewer } from './viewer.mjs';

let browser, server;
before(async () => {
  [browser, server] = await Promise.all([launch(), Server.start('--message-rate', '0.25', '--message-burst', '1', '--rooms', 'any')]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Somebody in a room of one's own, and the voice of its server. */
async function reader(t, room, name) {
  const viewer = await Viewer.open(browser);
  t.after(() => viewer.leave());
  const say = await viewer.speakForServer();
  await viewer.enter(server.url, room);
  if (name) await viewer.signIn(name);
  return [viewer, say];
}

/** What stands in the list from a message on: its texts, and its marks in brackets. */
function from(viewer, text) {
  return viewer.page.$$eval(
    '.log-view > *',
    (list, first) => {
      const all = list.map((el) => el.querySelector('.text')?.textContent ?? `[${el.textContent}]`);
      return all.slice(all.indexOf(first));
    },
    text,
  );
}

let n = 0;
/** A message as it comes over the wire, n being its number in the log. */
function message(content, headers = {}) {
  n++;
  const id = `made-up-${n}`;
  const sender = { id: 'somebody', name: 'Somebody' };
  const body = { id, streamId: 'x', sender, content, createdAt: '2026-11-25T15:00:00Z' };
  return ['message', { 'message-id': id, position: `9.${n}`, prev: `9.${n - 1}`, ...headers }, body];
}

test('a deleted message keeps its line and loses its text', async (t) => {
  const [viewer, say] = await reader(t, 'deletions', 'Deleted');
  await viewer.say('regret');
  await viewer.sees('regret');
  const messageId = await viewer.page.$eval('.line:last-child', (el) => el.dataset.id);
  await say('event', { position: '8.1', prev: '' }, { id: 'c1', streamId: 'x', action: 'delete', messageId });
  await viewer.page.waitForSelector(`[data-id="${messageId}"] .withheld`);
  const line = await viewer.page.textContent(`[data-id="${messageId}"]`);
  assert.match(line, /Deleted.*message removed/);
  assert.doesNotMatch(line, /regret/);

  await say('event', { position: '8.2', prev: '8.1' }, { id: 'c2', streamId: 'x', action: 'delete', messageId: `made-up-${n + 1}` });
  await say(...message('deleted before it came', { prev: '' }));
  await say(...message('last'));
  await viewer.sees('last');
  assert.equal((await viewer.texts()).includes('deleted before it came'), false);
});

test('skips and gaps stand where the messages would, once', async (t) => {
  const [viewer, say] = await reader(t, 'gaps');
  await say(...message('first', { prev: '' }));
  await say(...message('after a skip', { skipped: 12, prev: '9.99' }));
  await say(...message('after a gap', { gap: '9.2..9.3', prev: '9.99' }));
  n++; // one that never comes and that nobody declares
  await say(...message('after a hole'));
  await viewer.sees('after a hole');
  const destination = '/topic/stream/gaps/message';
  await say('notices', { skipped: 1 }, { code: 'skipped', message: '', destination, skipped: 1 });
  await say('notices', { skipped: 2 }, { code: 'skipped', message: '', destination: '/topic/stream/gaps/event', skipped: 2 });
  await say(...message('after a notice', { prev: '' }));
  await viewer.sees('after a notice');
  assert.deepEqual(await from(viewer, 'first'), [
    'first',
    '[You missed 12 messages]',
    'after a skip',
    '[Some messages may be missing here]',
    'after a gap',
    '[Some messages may be missing here]',
    'after a hole',
    '[You missed 1 message]',
    'after a notice',
  ]);
});

test('a text that came too fast returns, says how long, and takes the place of nothing', async (t) => {
  const [viewer] = await reader(t, 'rates', 'Hasty');
  await viewer.say('one');
  // At once, so that the answer finds something in the box.
  await viewer.page.$eval('.composer', (form) => {
    const box = form.querySelector('textarea');
    const type = (text) => {
      box.value = text;
      box.dispatchEvent(new InputEvent('input', { bubbles: true }));
    };
    type('too fast');
    form.requestSubmit();
    type('in the middle of writing');
  });
  const says = (selector, words) =>
    viewer.until(([where, what]) => document.querySelector(where)?.textContent.includes(what), [selector, words]);
  await says('.returned .hint [aria-hidden]', 'Try again in');
  assert.equal(await viewer.page.textContent('.returned-text'), 'too fast');
  assert.equal(await viewer.page.inputValue('.composer textarea'), 'in the middle of writing');

  await says('.returned .hint [aria-hidden]', 'You can send it now');
  await viewer.page.click('.returned button');
  await viewer.page.press('.composer textarea', 'Enter'); // too fast again, and this time the box is empty
  await says('#composer-hint [aria-hidden]', 'Try again in');
  assert.equal(await viewer.page.inputValue('.composer textarea'), 'in the middle of writing');
  await viewer.sees('too fast');
});
