// What the page says of a room: its summary, what many wrote at once, and how
// old its mood is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from './stage.mjs';

const { open, url } = stage('--message-rate', '0', '--guest-rate', '0');

/** An owner in a room of their own, and a guest. */
async function room(t, name, options) {
  const owner = await open(t, options);
  await owner.signUp(url(), name);
  const stream = await owner.goLive(url(), `The stream of ${name}`, `of-${name}`);
  const guest = await open(t);
  await guest.enter(url(), stream);
  await guest.signIn('Writer');
  return { owner, guest, stream };
}

const TEXTS = ['what time does the stream end?', 'this boss is amazing, well played', 'hahaha the cat again', 'you should try the left door', 'love the new music'];

test('a summary is asked for, leads to what it stands on, loses what is deleted, and can be hidden for good', async (t) => {
  const { owner, guest, stream } = await room(t, 'summed');
  for (const text of TEXTS) {
    await guest.say(text);
    await guest.sees(text);
  }
  assert.equal(await guest.page.$('.said'), null, 'nothing to see where nothing is');
  await owner.page.click('.said-actions .button');
  for (const one of [owner, guest]) await one.page.waitForSelector('.sentences .cite');

  await guest.page.locator('.cite').first().press('Enter');
  await guest.page.waitForSelector('.cited li');
  const cited = await guest.page.$$eval('.cited li > span[dir]', (list) => list.map((el) => el.textContent));
  assert.ok(cited.length > 0 && cited.every((text) => TEXTS.includes(text)), cited.join());
  await guest.page.locator('.cited .quiet').first().press('Enter');
  await guest.until((text) => document.activeElement?.matches('.line[data-id]') && document.activeElement.textContent.includes(text), cited[0]);

  // Whose list does not reach back so far finds it all the same.
  const late = await open(t);
  await late.page.routeWebSocket(/\/chat\/ws$/, (page) => {
    const server = page.connectToServer();
    page.onMessage((frame) => server.send(frame.replace('history:100', 'history:0')));
  });
  await late.enter(url(), stream);
  await late.page.locator('.cite').first().click();
  await late.until((text) => [...document.querySelectorAll('.cited li > span[dir]')].some((el) => el.textContent === text), cited[0]);
  assert.deepEqual(await late.texts(), []);

  const told = (await late.page.$$('.sentences > li')).length;
  await owner.page.evaluate(async ([id, text]) => {
    const { accessToken } = JSON.parse(localStorage.getItem('hubbub.session'));
    const { messages } = await (await fetch(`/api/v1/streams/${id}/messages?after=0.0`)).json();
    const messageId = messages.find(({ content }) => content === text).id;
    await fetch(`/api/v1/streams/${id}/moderation`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${accessToken}` },
      body: JSON.stringify({ action: 'delete', messageId }),
    });
  }, [stream, cited[0]]);
  await late.until((was) => document.querySelectorAll('.sentences > li').length < was, told);
  assert.equal(await late.page.evaluate((text) => document.querySelector('.side').textContent.includes(text), cited[0]), false);

  await guest.page.getByRole('button', { name: 'Hide summaries' }).click();
  await guest.page.waitForSelector('.said.gone a[href="/settings"]');
  await guest.page.reload();
  await guest.live();
  await guest.sees(TEXTS.at(-1));
  assert.equal(await guest.page.$('.said'), null, 'for good');
  await guest.page.goto(new URL('/settings', url()).href);
  await guest.page.check('#set-summaries');
});

test('copies by many are one line that can be opened, not for those who keep order, and only if wanted', async (t) => {
  const { owner, guest, stream } = await room(t, 'waved');
  const others = [];
  for (let n = 0; n < 3; n++) {
    const one = await open(t);
    await one.enter(url(), stream);
    await one.signIn(`Copier ${n}`);
    others.push(one);
  }
  await guest.say('raid raid raid');
  await owner.sees('raid raid raid');
  for (const one of others) await one.say('RAID raid  raid!');
  const reader = await open(t);
  await reader.enter(url(), stream);
  await reader.page.waitForSelector('.copies:has-text("×4")');
  assert.equal((await reader.texts()).length, 1);
  await reader.page.locator('.copies').press('Enter');
  await reader.until(() => document.querySelectorAll('.line .text').length === 4);
  await reader.page.locator('.copies').click();
  await reader.until(() => document.querySelectorAll('.line .text').length === 1);
  await owner.until(() => document.querySelectorAll('.line .text').length === 4);
  const settings = await reader.context.newPage();
  await settings.goto(new URL('/settings', url()).href);
  await settings.uncheck('#set-gather');
  await reader.until(() => document.querySelectorAll('.line .text').length === 4);
});

test('the age of the mood is shown as it is, in words, and a quiet room has none', async (t) => {
  const viewer = await open(t);
  const say = await viewer.speakForServer();
  await viewer.enter(url());
  const message = (n, at) =>
    say('message', { position: `1.${n}`, 'message-id': `m${n}` }, { id: `m${n}`, streamId: '1', sender: { id: 'u', name: 'U' }, content: `text ${n}`, createdAt: new Date(at).toISOString() });
  const analysed = (n) => say('analysis', {}, { totalCount: n, counts: { other: n }, window: { counts: { other: n } }, trending: [{ term: 'boss', users: 12 }], through: `1.${n}`, age: 0 });
  const age = () => viewer.page.$eval('.age', (el) => [el.textContent, Number(el.dataset.behind), Date.now()]);

  await message(900001, Date.now());
  await analysed(900001);
  await viewer.until(() => document.querySelector('.age')?.textContent === 'Up to date');
  await viewer.page.locator('.trending li', { hasText: 'boss' }).waitFor();
  const logged = Date.now();
  await message(900002, logged);
  for (const word of ['Catching up', 'Out of date']) {
    await viewer.until((start) => document.querySelector('.age').textContent.startsWith(start), word);
    const [text, behind, now] = await age();
    assert.ok(Math.abs(behind - (now - logged)) <= 300, `${text}: ${behind} for ${now - logged}`);
  }
  await analysed(900002);
  await viewer.until(() => document.querySelector('.age').textContent === 'Up to date');
});
