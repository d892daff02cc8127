// People chat, reload, and lose their server and their network.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server } from './server.mjs';
import { launch, Viewer } from './viewer.mjs';

let browser, server;
before(async () => {
  [browser, server] = await Promise.all([launch(), Server.start()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function people(t, ...names) {
  const list = [];
  for (const name of names) {
    const viewer = await Viewer.open(browser);
    t.after(() => viewer.leave());
    await viewer.enter(server.url);
    await viewer.signIn(name);
    list.push(viewer);
  }
  return list;
}

test('the list shows the first stream, and leads into it', async (t) => {
  const viewer = await Viewer.open(browser);
  t.after(() => viewer.leave());
  await viewer.page.goto(server.url);
  await viewer.page.click('a.card[href="/s/1"]');
  await viewer.live();
  assert.match(viewer.page.url(), /\/s\/1$/);
  assert.notEqual(await viewer.page.textContent('.room-title h1'), '');
});

test('two people see each other in Korean and English, and the mood moves', async (t) => {
  const [minji, alex] = await people(t, '민지', 'Alex');
  await minji.say('안녕하세요, 오늘 방송 기대돼요!');
  await alex.say('Hello from the other side');
  for (const viewer of [minji, alex]) {
    await viewer.sees('안녕하세요, 오늘 방송 기대돼요!');
    await viewer.sees('Hello from the other side');
  }
  await alex.until(() => /[2-9] watching/.test(document.querySelector('.viewers').textContent));

  const laughter = await alex.mood('laughter');
  const counted = await alex.page.$eval('.mood-facts', (el) => Number(el.dataset.counted));
  for (const text of ['ㅋㅋㅋㅋㅋㅋ', 'ㅋㅋㅋㅋ 진짜 웃기다 ㅋㅋㅋㅋ', 'hahaha lol']) await minji.say(text);
  await alex.until((was) => Number(document.querySelector('.mood-facts').dataset.counted) >= was + 3, counted);
  assert.ok((await alex.mood('laughter')) > laughter, 'laughter grew');
  assert.deepEqual(await minji.losses(), []);
});

test('a reload keeps who one is and what was said', async (t) => {
  const [viewer] = await people(t, 'Reloader');
  const before = ['before the reload', '새로고침 전'];
  for (const text of before) {
    await viewer.say(text);
    await viewer.sees(text);
  }
  const texts = await viewer.texts();
  await viewer.page.reload();
  await viewer.live();
  await viewer.sees(before[1]);
  assert.deepEqual(await viewer.texts(), texts);
  await viewer.say('after the reload');
  await viewer.sees('after the reload');
});

test('markup and javascript: in texts and names are shown as text', async (t) => {
  const [eve, viewer] = await people(t, '<i>Eve</i>', 'Reader');
  const texts = [
    '<script>window.hacked = 1</script>',
    '<img src=x onerror="window.hacked = 1">',
    'javascript:window.hacked=1',
    '[x](javascript:window.hacked=1) &lt;b&gt; &amp;',
  ];
  for (const text of texts) {
    await eve.say(text);
    await viewer.sees(text);
  }
  const found = await viewer.page.evaluate(() => ({
    hacked: window.hacked,
    elements: document.querySelectorAll('.log-view script, .log-view img, .log-view a, .log-view i').length,
    names: [...document.querySelectorAll('.line .name')].map((el) => el.textContent),
  }));
  assert.equal(found.hacked, undefined);
  assert.equal(found.elements, 0);
  assert.ok(found.names.some((name) => name.startsWith('<i>Eve</i>')), found.names.join());
});

test('a refused text stays in the box, with the reason', async (t) => {
  const [viewer] = await people(t, 'Refused');
  const bad = 'abc\u202Edef'; // a bidi override
  await viewer.say(bad);
  await viewer.page.waitForFunction(
    (text) => document.querySelector('.composer .hint.refused') && document.querySelector('.composer textarea').value === text,
    bad,
  );
  await viewer.say('a good one');
  await viewer.sees('a good one');
  assert.equal(await viewer.page.$('.composer .hint.refused'), null);
});

test('while the network is away others chat on; back again, nothing is missing or doubled', async (t) => {
  const [away, stays] = await people(t, 'Away', 'Stays');
  await away.say('before the cut');
  await stays.sees('before the cut');
  await away.cut();
  await away.page.waitForSelector('.link-waiting');
  const said = [];
  for (let n = 1; n <= 5; n++) {
    said.push(`said while away ${n}`);
    await stays.say(said.at(-1));
    await stays.sees(said.at(-1));
  }
  await away.say('written while away');
  await away.page.waitForSelector('.ghost');
  await away.mend();
  await away.live();
  await away.sees('written while away');
  await stays.sees('written while away');
  assert.deepEqual(await away.texts(), await stays.texts());
  const texts = await away.texts();
  for (const text of [...said, 'written while away']) {
    assert.equal(texts.filter((other) => other === text).length, 1, text);
  }
  assert.deepEqual(await away.losses(), []);
});

test('the server is killed and comes back under them', async (t) => {
  const [one, two] = await people(t, '하나', 'Two');
  await one.say('kill: before');
  await two.sees('kill: before');
  await two.say('kill: in the last moment');
  await one.sees('kill: in the last moment');
  await server.kill();
  await one.page.waitForSelector('.link-waiting');
  await one.until(() => document.querySelector('.age').textContent.includes('behind')); // it owns up to it
  await one.say('kill: written while it was down');
  await server.restart();
  await Promise.all([one.live(), two.live()]);
  await one.sees('kill: written while it was down');
  await two.sees('kill: written while it was down');
  await two.say('kill: after');
  await one.sees('kill: after');
  await two.sees('kill: after');
  for (const viewer of [one, two]) {
    const texts = (await viewer.texts()).filter((text) => text.startsWith('kill: '));
    assert.deepEqual(texts, [
      'kill: before',
      'kill: in the last moment',
      'kill: written while it was down',
      'kill: after',
    ]);
    assert.deepEqual(await viewer.losses(), []);
  }
});

test('scrolled up the list stands still and counts; one click leads back', async (t) => {
  const [reader, writer] = await people(t, 'Reader', 'Writer');
  for (let n = 1; n <= 6; n++) {
    const text = `line ${n} ` + 'with some words to fill the view, '.repeat(10);
    await writer.say(text.trim());
    await reader.sees(text.trim());
  }
  await reader.page.hover('.log-view');
  await reader.page.mouse.wheel(0, -400);
  await reader.page.waitForSelector('.newest');
  const top = await reader.page.$eval('.log-view', (el) => el.scrollTop);
  await writer.say('unread one');
  await reader.until(() => document.querySelector('.newest')?.textContent.includes('1 new message'));
  assert.equal(await reader.page.$eval('.log-view', (el) => el.scrollTop), top);
  await reader.page.click('.newest');
  await reader.sees('unread one');
  const below = await reader.page.$eval('.log-view', (el) => el.scrollHeight - el.scrollTop - el.clientHeight);
  assert.ok(below < 2, `at the bottom, not ${below} px above it`);
});
