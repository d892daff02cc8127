// A reload at any moment loses nothing that was said and shows a page that works.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from './stage.mjs';
import { PASSWORD } from './viewer.mjs';

const { open: person, at, server } = stage('--message-rate', '0');


test('ten reloads and two tabs are one viewer', async (t) => {
  const [one, other] = [await person(t), await person(t)];
  await other.enter(server().url);
  await one.enter(server().url);
  for (let n = 0; n < 10; n++) await one.page.reload({ waitUntil: 'domcontentloaded' });
  await one.live();
  const tab = await one.context.newPage();
  await tab.goto(at('/s/1'));
  await tab.waitForSelector('.link-live');
  await other.until(() => /\b2 watching/.test(document.querySelector('.viewers').textContent));
  await one.until(() => /\b2 watching/.test(document.querySelector('.viewers').textContent));
});

test('a reload right after sending: the message is there once, or not at all', async (t) => {
  const [one, other] = [await person(t), await person(t)];
  await other.enter(server().url);
  await one.enter(server().url);
  await one.signIn('Impatient');
  for (let n = 0; n < 5; n++) {
    await one.say(`sent and gone ${n}`);
    await one.page.reload({ waitUntil: 'commit' });
    await one.live();
  }
  await one.say('the last');
  await one.sees('the last');
  await other.sees('the last');
  const texts = await other.texts();
  assert.equal(new Set(texts).size, texts.length, texts.join());
  assert.deepEqual(await one.texts(), texts);
  assert.deepEqual(await one.losses(), []);
});

test('a reload while signing up: the account is made or can be made, and can be signed in to', async (t) => {
  const { page } = await person(t);
  const fill = async (path) => {
    await page.goto(at(path));
    await page.fill('input[name=username]', 'reloader');
    await page.fill('input[name=password]', PASSWORD);
    await page.press('input[name=password]', 'Enter');
  };
  await fill('/signup');
  await page.reload({ waitUntil: 'commit' });
  await page.waitForSelector('.brand');
  if (!(await page.$('.me-name'))) {
    await fill('/signup');
    const taken = await Promise.race([
      page.waitForSelector('.me-name', { state: 'attached' }).then(() => false),
      page.waitForSelector('input[name=username][aria-invalid]').then(() => true),
    ]);
    if (taken) await fill('/signin'); // the first answer was not waited for
  }
  await page.waitForSelector('.me-name', { state: 'attached' });
  assert.equal(await page.textContent('.me-name'), 'reloader');
});

test('every page is itself again, and who one is stays', async (t) => {
  const viewer = await person(t);
  const { page } = viewer;
  await viewer.signUp(server().url, 'stays', '/studio');
  const id = await viewer.goLive(server().url, 'Reloaded');
  for (const [path, sign] of [
    ['/', `a.card[href="/s/${id}"]`],
    ['/?show=ended', '.tabs a:last-child[aria-current]'],
    ['/profile', 'input[name=bot]'],
    ['/settings', '.switch'],
    ['/studio', `.stream-row[data-id="${id}"]`],
    [`/s/${id}`, '.composer textarea'],
  ]) {
    await page.goto(at(path));
    await page.waitForSelector(sign);
    await page.reload();
    await page.waitForSelector(sign);
    assert.equal(await page.textContent('.me-name'), 'stays', path);
  }
});

test('a reload while something is being edited or confirmed leaves it as it was', async (t) => {
  const viewer = await person(t);
  const { page } = viewer;
  await viewer.signUp(server().url, 'editor', '/studio');
  const id = await viewer.goLive(server().url, 'As it was');
  await page.goto(at('/studio'));
  await page.click('.stream-row button'); // Edit
  await page.fill('.stream-row input[name=title]', 'Something else');
  await page.reload();
  await page.getByRole('button', { name: /^End/ }).click();
  await page.waitForSelector('dialog');
  await page.reload();
  await page.waitForSelector('.stream-row');
  assert.equal(await page.textContent('.row-title'), 'As it was');
  const { status } = await (await fetch(at(`/api/v1/streams/${id}`))).json();
  assert.equal(status, 'live');
});
