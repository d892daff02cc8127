// axe-core finds nothing to object to: on every page, in both languages and themes.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { Server } from './server.mjs';
import { launch, Viewer } from './viewer.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser, server;
before(async () => {
  [browser, server] = await Promise.all([launch(), Server.start()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Looks at what is on the page now, four times: two languages, two themes, which differ in colours alone. */
async function clean(page, what) {
  await page.evaluate(axe); // not as a script of the page: its policy would refuse that
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    for (const language of ['en', 'ko']) {
      // As another tab would: dialogs and forms stay as they are.
      await page.evaluate((tag) => {
        const select = document.querySelector('.language select');
        if (!select) return;
        select.value = tag;
        select.dispatchEvent(new Event('change', { bubbles: true }));
      }, language);
      await page.waitForFunction(
        ([tag, theme]) => document.documentElement.lang === tag && document.documentElement.dataset.theme === theme,
        [language, colorScheme],
      );
      const found = await page.evaluate(async (colours) => {
        const runOnly = colours ? { runOnly: ['color-contrast', 'link-in-text-block'] } : {};
        const { violations } = await window.axe.run(document, { resultTypes: ['violations'], ...runOnly });
        return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => `${node.target} ${node.any[0]?.message ?? ''}`).join('; ')}`);
      }, colorScheme === 'dark');
      assert.deepEqual(found, [], `${what}, ${language}, ${colorScheme}`);
    }
  }
}

async function person(t) {
  const viewer = await Viewer.open(browser, { reducedMotion: 'reduce' }); // colours are what they are, at once
  t.after(() => viewer.leave());
  const go = async (path, sign) => {
    await viewer.page.goto(new URL(path, server.url).href);
    await viewer.page.waitForSelector(sign);
  };
  return [viewer, viewer.page, go];
}

test('pages of somebody who just came', async (t) => {
  const [viewer, page, go] = await person(t);
  await go('/', '.card');
  await clean(page, 'the list');
  await go('/?show=ended', '.empty-title');
  await clean(page, 'the empty list');
  await go('/signin', 'input[name=username]');
  await clean(page, 'sign in');
  await page.click('button[type=submit]');
  await page.waitForSelector('[aria-invalid]');
  await clean(page, 'sign in with something missing');
  await go('/signup', 'input[name=username]');
  await clean(page, 'sign up');
  await page.goto(server.claim);
  await page.waitForSelector('input[name=username]');
  await clean(page, 'claim');
  await go('/claim', '.empty');
  await clean(page, 'claim without a code');
  await go('/reset#code', 'input[name=password]');
  await clean(page, 'reset');
  await go('/profile', '.empty');
  await clean(page, 'profile of nobody');
  await go('/studio', '.empty');
  await clean(page, 'studio of nobody');
  await go('/settings', '.switch');
  await clean(page, 'settings');
  await go('/s/no-such-stream', '.empty .button');
  await clean(page, 'no such stream');
  await viewer.enter(server.url);
  await clean(page, 'a room before joining');
});

test('pages of a guest', async (t) => {
  const [viewer, page, go] = await person(t);
  await viewer.enter(server.url);
  await viewer.signIn('게스트');
  for (const text of ['hello', 'ㅋㅋㅋㅋ', 'see https://example.com/ 😀', '\u202e bidi']) await viewer.say(text);
  await viewer.sees('hello');
  await page.waitForSelector('.hint.refused');
  await clean(page, 'a room');
  await go('/profile', '.panel');
  await clean(page, 'profile of a guest');
  await go('/studio', '.panel');
  await clean(page, 'studio of a guest');
});

test('pages of a streamer', async (t) => {
  const [viewer, page, go] = await person(t);
  await viewer.signUp(server.url, 'streamer', '/profile');
  await page.fill('input[name=bot]', 'Dice');
  await page.press('input[name=bot]', 'Enter');
  await page.waitForSelector('.once');
  await clean(page, 'profile');
  await page.click('.panel.danger > button');
  await page.waitForSelector('dialog');
  await clean(page, 'erasing');
  const id = await viewer.goLive(server.url, '한국어 방송', 'mine');
  await viewer.say('welcome');
  await viewer.sees('welcome');
  await clean(page, 'the room of its host');
  await go('/studio', '.stream-row');
  await page.click('.stream-row button');
  await page.waitForSelector('.row-more');
  await clean(page, 'studio');
  await page.click('.row-actions button:last-child');
  await page.waitForSelector('dialog');
  await clean(page, 'deleting');
  await go(`/s/${id}`, '.line');
});

test('what opens in a room', async (t) => {
  const [host, page] = await person(t);
  await host.signUp(server.url, 'keeper');
  const id = await host.goLive(server.url, 'Everything open', 'open');
  const [writer] = await person(t);
  await writer.enter(server.url, id);
  await writer.signIn('Writer');
  await writer.say('hello @keeper, see https://example.com/');
  await host.page.waitForSelector('.line.called');
  for (const command of ['/help', '/nothing', '/slow 30', '/timeout Writer 600 too loud']) await host.say(command);
  await page.waitForSelector('.note-line .quiet');
  await writer.page.waitForSelector('#composer-hint:has-text("too loud")');
  await clean(writer.page, 'a room for somebody who is timed out');
  await writer.page.click('.emoji-button');
  await writer.page.waitForSelector('.emoji-row button');
  await clean(writer.page, 'emoji');

  await page.click('.said-actions .button');
  await page.click('.sentences .cite');
  await page.waitForSelector('.cited li');
  await page.click('.over-time > button');
  await page.waitForSelector('.chart-place path', { state: 'attached' });
  await page.hover('.line.called');
  await page.waitForSelector('.line-tools');
  await clean(page, 'tools of a message, notes, the chart, and a summary');
  await page.focus('.log-view');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.menu');
  await clean(page, 'options of a message');
  await page.keyboard.press('Escape');

  await page.click('.manage');
  await page.waitForSelector('.drawer');
  for (const title of await page.$$('.drawer .section:not([open]) > summary')) await title.click();
  await page.waitForSelector('.drawer .audit li');
  await page.waitForSelector('.drawer textarea.words');
  await clean(page, 'the drawer, all of it open');
});

test('the overlay', async (t) => {
  const [viewer, page] = await person(t);
  await viewer.signUp(server.url, 'caster');
  const id = await viewer.goLive(server.url, 'On air', 'onair');
  await viewer.say('over the picture');
  await viewer.sees('over the picture');
  await page.goto(new URL(`/overlay/${id}?mood=1`, server.url).href);
  await page.waitForSelector('.over-line');
  await page.evaluate(axe);
  assert.deepEqual(await page.evaluate(async () => (await window.axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target)}`)), []);
});
