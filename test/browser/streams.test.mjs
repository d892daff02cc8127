// Somebody opens a stream, runs it, ends it, and deletes it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from './stage.mjs';

const { open: person, at, server } = stage();

const card = (id) => `a.card[href="/s/${id}"]`;

test('a stream from its opening to its end, seen by its host and a viewer', async (t) => {
  const [host, viewer] = [await person(t), await person(t)];
  await host.signUp(server().url, 'streamer', '/studio');
  await host.page.locator('.panel .note', { hasText: 'appear here' }).waitFor(); // an empty list says what will be there
  const id = await host.goLive(server().url, 'Late night <b>piano</b>', 'piano');
  assert.equal(id, 'piano');

  await viewer.page.goto(server().url);
  await viewer.page.waitForSelector(card(id));
  assert.match(await viewer.page.textContent(card(id)), /Late night <b>piano<\/b>.*by streamer/);
  const counted = (n) => viewer.until(([what, wanted]) => document.querySelector(what).textContent.includes(`${wanted} watching`), [card(id), n]);
  await counted(1);
  const second = await person(t);
  await second.enter(server().url, id);
  await counted(2); // by itself
  await second.signIn('Second');
  await host.say('welcome, all');
  await second.sees('welcome, all');
  await second.say('hello, host');
  await host.sees('hello, host');

  await host.page.goto(at('/studio'));
  const row = host.page.locator('.stream-row', { hasText: 'piano' });
  await row.getByRole('button', { name: /^Edit/ }).click();
  await row.locator('input[name=title]').fill('Late night jazz');
  await row.locator('input[name=title]').press('Enter');
  await host.page.locator('.row-title', { hasText: 'Late night jazz' }).waitFor();

  const end = row.or(host.page.locator('.stream-row')).getByRole('button', { name: /^End/ });
  await end.click();
  await host.page.locator('dialog[open]').waitFor();
  await host.page.keyboard.press('Escape'); // thinks again
  await host.page.waitForSelector('dialog', { state: 'detached' });
  await end.click();
  await host.page.click('dialog .primary');
  await host.page.waitForFunction(() => document.querySelector('.stream-row .note').textContent === 'ended');

  await second.page.reload();
  await second.page.waitForSelector('.ended');
  await second.sees('welcome, all'); // what was said can be read
  await viewer.page.goto(server().url);
  await viewer.page.waitForSelector('.cards li');
  assert.equal(await viewer.page.$(card(id)), null, 'it is not live');
  await viewer.page.click('.tabs a:last-child');
  await viewer.page.waitForSelector(card(id));
  assert.match(await viewer.page.textContent(card(id)), /Late night jazz.*ended/);
  await viewer.page.goBack();
  await viewer.page.waitForSelector(card('1'));

  await host.page.getByRole('button', { name: /^Delete/ }).click();
  await host.page.click('dialog .primary');
  await host.page.waitForSelector('.stream-row', { state: 'detached' });
  await host.until(() => document.activeElement.id === 'mine-title'); // the button is gone, and the focus is somewhere
  await second.page.reload();
  await second.page.waitForSelector('.empty .button');
});

test('what is wrong with a new stream is said beside its field, also where it was folded away', async (t) => {
  const host = await person(t);
  await host.signUp(server().url, 'clumsy', '/studio');
  const { page } = host;
  const wrongIn = (name) => page.waitForFunction((field) => document.activeElement?.matches(`[name="${field}"][aria-invalid=true]`), name);
  await page.click('button[type=submit]');
  await wrongIn('title');
  await page.fill('input[name=title]', 'A title');
  await page.click('.further summary');
  await page.fill('input[name=video]', 'not a link');
  await page.fill('input[name=id]', '1');
  await page.click('.further summary');
  await page.click('button[type=submit]');
  await wrongIn('video');
  await page.fill('input[name=video]', '');
  await page.click('button[type=submit]');
  await wrongIn('id'); // there is a stream 1
});

test('a guest is told what it takes to open a stream', async (t) => {
  const guest = await person(t);
  await guest.enter(server().url);
  await guest.signIn('Guest');
  await guest.page.goto(at('/studio'));
  await guest.page.click('.panel a.primary'); // Create an account
  await guest.page.fill('input[name=username]', 'was-guest');
  await guest.page.fill('input[name=password]', 'an entirely new lamp');
  await guest.page.press('input[name=password]', 'Enter');
  await guest.page.waitForSelector('input[name=title]');
});
