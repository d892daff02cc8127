// Accounts: made, found again, changed, and erased.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { CLIENT, Provider } from './provider.mjs';
import { Server } from './server.mjs';
import { launch, PASSWORD, Viewer } from './viewer.mjs';

let browser, provider, server;
before(async () => {
  provider = await Provider.start({ sub: '7', name: 'Ada from elsewhere', preferred_username: 'ada' });
  const oidc = ['--oidc-issuer', provider.url, '--oidc-client-id', CLIENT.id, '--oidc-client-secret', CLIENT.secret];
  [browser, server] = await Promise.all([launch(), Server.start(...oidc, '--oidc-name', 'Elsewhere')]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
  provider?.stop();
});

async function person(t) {
  const viewer = await Viewer.open(browser);
  t.after(() => viewer.leave());
  return viewer;
}

const at = (path) => new URL(path, server.url).href;

/** The field that has the focus, and what is said to be wrong with it. */
function wrong(page) {
  return page.evaluate(() => {
    const field = document.activeElement;
    if (field?.getAttribute('aria-invalid') !== 'true') return null;
    return [field.name, document.getElementById(field.getAttribute('aria-describedby')).textContent];
  });
}

/** Waits until a field has the focus and something is said to be wrong with it. */
async function wrongIn(page, name) {
  await page.waitForFunction((wanted) => document.activeElement?.matches(`[name="${wanted}"][aria-invalid=true]`), name);
  return (await wrong(page))[1];
}

test('the operator claims the server by its link, once, also after a reload', async (t) => {
  const admin = await person(t);
  await admin.page.goto(server.claim);
  await admin.page.waitForSelector('input[name=username]');
  await admin.page.reload(); // the code is still there
  await admin.page.fill('input[name=username]', 'operator');
  await admin.page.fill('input[name=password]', PASSWORD);
  await admin.page.press('input[name=password]', 'Enter');
  await admin.page.waitForURL(at('/studio'));
  assert.equal(await admin.page.textContent('.me-name'), 'operator');

  const late = await person(t);
  await late.page.goto(server.claim);
  await late.page.waitForSelector('.empty');
  assert.match(await late.page.textContent('.empty h1'), /link has been used/);
});

test('somebody signs up from a room, is back in it, and is found again on another device', async (t) => {
  const mina = await person(t);
  await mina.enter(server.url);
  await mina.page.click('.top-nav a.button'); // Sign in
  await mina.page.click('.aside a'); // Create an account
  await mina.page.fill('input[name=username]', 'Mina');
  await mina.page.fill('input[name=password]', PASSWORD);
  await mina.page.fill('input[name=name]', '미나');
  await mina.page.press('input[name=name]', 'Enter');
  await mina.page.waitForURL(at('/s/1'));
  await mina.live();
  await mina.say('with an account');
  await mina.sees('with an account');
  assert.equal(await mina.page.textContent('.line:last-child .name'), '미나');

  const phone = await person(t);
  await phone.page.goto(at('/signin'));
  await phone.page.fill('input[name=username]', 'mina');
  await phone.page.fill('input[name=password]', 'not that one');
  await phone.page.press('input[name=password]', 'Enter');
  assert.match(await wrongIn(phone.page, 'password'), /wrong|not right/i);
  await phone.page.fill('input[name=password]', PASSWORD);
  await phone.page.press('input[name=password]', 'Enter');
  await phone.page.waitForURL(at('/'));
  assert.equal(await phone.page.textContent('.me-name'), '미나');
});

test('what is wrong with a new account is said beside its field', async (t) => {
  const first = await person(t);
  await first.signUp(server.url, 'taken');
  const { page } = await person(t);
  await page.goto(at('/signup'));
  const send = () => page.click('button[type=submit]');
  await send();
  assert.match(await wrongIn(page, 'username'), /needed/);
  await page.fill('input[name=username]', 'a b');
  await page.fill('input[name=password]', PASSWORD);
  await send();
  assert.match(await wrongIn(page, 'username'), /./);
  await page.fill('input[name=username]', 'taken');
  await send();
  assert.match(await wrongIn(page, 'username'), /taken/);
  await page.fill('input[name=username]', 'not-taken');
  await page.fill('input[name=password]', 'short');
  await send();
  assert.match(await wrongIn(page, 'password'), /./);
  await page.selectOption('.language select', 'ko'); // the same, in the other language
  assert.match((await wrong(page))?.[1] ?? (await page.textContent('.note.bad')), /[가-힣]/);
});

test('name and password are changed; the old password is no use', async (t) => {
  const one = await person(t);
  await one.signUp(server.url, 'changing', '/profile');
  await one.page.fill('input[name=name]', 'Changed');
  await one.page.press('input[name=name]', 'Enter');
  await one.page.waitForFunction(() => document.querySelector('.me-name').textContent === 'Changed');
  await one.page.fill('input[name=profileImageUrl]', 'javascript:alert(1)');
  await one.page.press('input[name=profileImageUrl]', 'Enter');
  assert.match(await wrongIn(one.page, 'profileImageUrl'), /https:/);

  await one.page.fill('input[name=current]', 'a guess of mine');
  await one.page.fill('input[name=password]', 'another lamp and river');
  await one.page.press('input[name=password]', 'Enter');
  await wrongIn(one.page, 'current');
  await one.page.fill('input[name=current]', PASSWORD);
  await one.page.press('input[name=current]', 'Enter');
  await one.page.waitForFunction(() => document.querySelector('input[name=current]').value === '');
  await one.page.reload(); // still signed in
  await one.page.waitForSelector('input[name=current]');

  const other = await person(t);
  await other.page.goto(at('/signin'));
  await other.page.fill('input[name=username]', 'changing');
  await other.page.fill('input[name=password]', PASSWORD);
  await other.page.press('input[name=password]', 'Enter');
  await wrongIn(other.page, 'password');
  await other.page.fill('input[name=password]', 'another lamp and river');
  await other.page.press('input[name=password]', 'Enter');
  await other.page.waitForURL(at('/'));
});

test('a forgotten password is set anew by a link from the operator', async (t) => {
  const one = await person(t);
  await one.signUp(server.url, 'forgetful');
  const link = /\S+\/reset#\S+/.exec(await server.run('user', 'passwd', 'forgetful'))[0];
  const other = await person(t);
  await other.page.goto(at(`/reset${new URL(link).hash}`));
  await other.page.fill('input[name=password]', 'remembered this time');
  await other.page.press('input[name=password]', 'Enter');
  await other.page.waitForURL(at('/'));
  assert.equal(await other.page.textContent('.me-name'), 'forgetful');
});

test('a token for a bot is shown once, works, and is revoked', async (t) => {
  const owner = await person(t);
  await owner.signUp(server.url, 'botowner', '/profile');
  await owner.page.fill('input[name=bot]', 'Dice');
  await owner.page.press('input[name=bot]', 'Enter');
  const token = await owner.page.inputValue('.once input');
  const ask = () => fetch(at('/api/v1/streams/1'), { headers: { Authorization: `Bearer ${token}` } });
  assert.equal((await ask()).status, 200);

  await owner.page.reload();
  await owner.page.waitForSelector('.rows .row');
  assert.equal(await owner.page.$('.once'), null);
  await owner.page.click('.rows .row button');
  await owner.page.click('dialog .primary');
  await owner.page.waitForFunction(() => document.querySelectorAll('.rows .row').length === 0);
  assert.equal((await ask()).status, 401);
});

test('an erased account leaves neither name nor texts, and its username is free again', async (t) => {
  const [gone, reader] = [await person(t), await person(t)];
  await gone.signUp(server.url, 'leaving', '/s/1');
  await gone.live();
  await gone.say('remember me not');
  await reader.enter(server.url);
  await reader.sees('remember me not');

  await gone.page.goto(at('/profile'));
  await gone.page.click('.panel.danger > button');
  await gone.page.press('dialog input[name=password]', 'Escape');
  await gone.page.waitForSelector('dialog', { state: 'detached' });
  assert.equal(await gone.page.evaluate(() => document.activeElement.closest('.panel.danger') !== null), true, 'the focus is back');
  await gone.page.click('.panel.danger > button');
  await gone.page.fill('dialog input[name=password]', PASSWORD);
  await gone.page.press('dialog input[name=password]', 'Enter');
  await gone.page.waitForURL(at('/'));
  await gone.page.waitForSelector('.top-nav a.button'); // Sign in

  const history = await (await fetch(at('/api/v1/streams/1/messages?limit=200'))).text();
  assert.doesNotMatch(history, /remember me not/);
  await gone.signUp(server.url, 'leaving');
});

test('somebody signs in by a provider, and is led back to where they were', async (t) => {
  const ada = await person(t);
  const { page } = ada;
  provider.deny = 'access_denied';
  await page.goto(at('/signin?next=/s/1'));
  await page.getByRole('button', { name: 'Continue with Elsewhere' }).click();
  await page.waitForSelector('.entrance [role=alert]'); // says that it did not work
  provider.deny = '';
  await page.goto(at('/signin?next=/s/1'));
  await page.getByRole('button', { name: 'Continue with Elsewhere' }).click();
  await page.waitForURL(at('/s/1'));
  await ada.live();
  await ada.say('from elsewhere');
  await ada.sees('from elsewhere');
  assert.equal(await page.textContent('.me-name'), 'Ada from elsewhere');
  await page.goto(at('/profile'));
  await page.waitForSelector('input[name=bot]');
  assert.equal(await page.$('input[name=current]'), null, 'there is no password to change');
});

test('a code of somebody else, planted in the address, signs in nobody', async (t) => {
  const victim = await person(t);
  const bind = createHash('sha256').update('a secret of somebody else').digest('base64url');
  let where = at(`/api/v1/users/oidc/oidc/login?bind=${bind}`);
  while (!where.includes('/signin#')) where = new URL((await fetch(where, { redirect: 'manual' })).headers.get('location'), where).href;
  await victim.page.goto(where);
  await victim.page.waitForSelector('.entrance [role=alert]');
  assert.equal(await victim.page.$('.me-name'), null);
});
