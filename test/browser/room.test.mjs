// A room beyond sending and reading: mentions, links, emoji, commands, the
// overlay, and what a moderator does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from './stage.mjs';
import { Viewer } from './viewer.mjs';

const { open, server } = stage('--message-rate', '0', '--guest-rate', '0');

async function guest(t, name, stream = '1', options) {
  const viewer = await open(t, options);
  await viewer.enter(server().url, stream);
  await viewer.signIn(name);
  return viewer;
}

/** Somebody with an account and a stream of their own, in its room. */
async function streamer(t, name, options) {
  const viewer = await open(t, options);
  await viewer.signUp(server().url, name);
  const stream = await viewer.goLive(server().url, `The stream of ${name}`, `of-${name}`);
  await viewer.page.waitForSelector('.manage');
  return [viewer, stream];
}

const line = (text) => `.line:has(.text:has-text("${text}"))`;

test('whoever is called by name sees it, and a click on a name calls back', async (t) => {
  const [minji, alex] = [await guest(t, 'Minji'), await guest(t, 'Alexander')];
  await alex.say('hello @minji, how are you');
  await minji.sees('hello @minji, how are you');
  await minji.page.waitForSelector('.line.called mark');
  assert.equal(await alex.page.$('.line.called'), null);
  await minji.page.click(`${line('hello @minji, how are you')} .name`);
  const draft = await minji.page.inputValue('.composer textarea');
  assert.match(draft, /^@Alexander#\d{4} $/);
  await minji.page.keyboard.type('fine!');
  await minji.page.keyboard.press('Enter');
  await alex.page.waitForSelector('.line.called mark');
});

test('links are followed only where they may lead, and tell nobody from where', async (t) => {
  const [writer, reader] = [await guest(t, 'Linker'), await open(t)];
  await reader.enter(server().url);
  const text = 'see https://example.com/a?b=1#c, not javascript:alert(1) or ftp://example.com/';
  await writer.say(text);
  await reader.sees(text);
  const links = await reader.page.$$eval('.log-view a', (list) => list.map((a) => [a.getAttribute('href'), a.target, a.rel, a.textContent]));
  assert.deepEqual(links, [['https://example.com/a?b=1#c', '_blank', 'noopener noreferrer nofollow', 'https://example.com/a?b=1#c']]);
});

test('emoji are found and put where the caret is, by keyboard alone', async (t) => {
  const viewer = await guest(t, 'Emoji');
  const { page } = viewer;
  await page.fill('.composer textarea', 'great');
  await page.press('.composer textarea', 'Tab');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.emoji-search:focus');
  await page.keyboard.type('불');
  await page.waitForSelector('.emoji-row button[title="fire"]');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await page.waitForSelector('.composer textarea:focus');
  assert.equal(await page.inputValue('.composer textarea'), 'great🔥');
  assert.equal(await page.$('.emoji-picker'), null);
});

test('commands are answered, and never sent as messages', async (t) => {
  const viewer = await guest(t, 'Commander');
  await viewer.say('/help');
  await viewer.page.waitForSelector('.note-line:has-text("/help")');
  await viewer.say('/ban somebody');
  await viewer.page.waitForSelector('.note-line.bad:has-text("Only moderators")');
  assert.equal(await viewer.page.inputValue('.composer textarea'), '/ban somebody'); // the text is kept
  await viewer.say('/fireworks');
  await viewer.page.waitForSelector('.note-line.bad:has-text("no command /fireworks")');
  await viewer.say('//help is a command');
  await viewer.sees('/help is a command');
  assert.deepEqual((await viewer.texts()).filter((text) => text.startsWith('/')), ['/help is a command']);
});

test('a moderator deletes, times out, bans and unbans with one click, and all see it at once', async (t) => {
  const [owner, stream] = await streamer(t, 'judge');
  const troll = await guest(t, 'Troll', stream);
  const viewer = await guest(t, 'Viewer', stream);
  await troll.say('something bad');
  await viewer.sees('something bad');
  await owner.sees('something bad');
  const pressTool = async (label) => {
    await owner.page.hover(`.line[data-name^="Troll#"] >> nth=-1`);
    await owner.page.click(`.line-tools button:text-is("${label}")`);
  };

  await pressTool('Delete');
  await viewer.page.waitForSelector('.line .withheld');
  assert.equal((await viewer.texts()).includes('something bad'), false);

  await pressTool('1 min');
  await viewer.page.waitForSelector('.mark:has-text("timed out for 1 min")');
  await troll.page.fill('.composer textarea', 'let me speak');
  await troll.page.waitForSelector('#composer-hint:has-text("You can write again in 0:")');
  await troll.page.press('.composer textarea', 'Enter');
  assert.equal(await troll.page.inputValue('.composer textarea'), 'let me speak'); // kept

  await owner.page.click('.foot-note button, .note-line button'); // Undo
  await troll.until(() => !document.querySelector('.composer button.primary').disabled);
  await troll.page.press('.composer textarea', 'Enter');
  await viewer.sees('let me speak');

  await owner.page.mouse.move(5, 5); // what came meanwhile shows
  await owner.sees('let me speak');
  await pressTool('Ban');
  await troll.page.waitForSelector('#composer-hint:has-text("banned")');
  await troll.page.reload();
  await troll.live();
  await troll.page.waitForSelector('#composer-hint:has-text("banned")'); // it survives a reload
  await owner.page.mouse.move(5, 5);
  await owner.say('/unban Troll');
  await troll.until(() => !document.querySelector('#composer-hint').textContent.includes('banned'));
  await troll.say('back again');
  await viewer.sees('back again');
});

test('by keyboard a message is chosen, and its author barred with a reason', async (t) => {
  const [owner, stream] = await streamer(t, 'keys');
  const troll = await guest(t, 'Pest', stream);
  await troll.say('first');
  await troll.say('second');
  await owner.sees('second');
  const { page } = owner;
  await page.focus('.log-view');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  assert.match(await page.evaluate(() => document.activeElement.textContent), /first/);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.menu button:focus');
  await page.fill('.menu input', 'spam');
  await page.click('.menu button.grave');
  await troll.page.waitForSelector('#composer-hint:has-text("Reason: spam")');
  assert.match(await page.evaluate(() => document.activeElement.textContent), /first/); // back where one was
  await page.keyboard.press('Escape');
  assert.equal(await page.evaluate(() => document.activeElement.className.includes('log-view')), true);
});

test('commands and the drawer set the rules; viewers are told, and the audit tells who', async (t) => {
  const [owner, stream] = await streamer(t, 'ruler');
  const viewer = await guest(t, 'Writer', stream);
  await viewer.say('one');
  await owner.sees('one');
  await owner.say('/slow 30');
  await viewer.page.waitForSelector('.mark:has-text("one message every 30 s")');
  await viewer.say('two');
  await viewer.page.waitForSelector('#composer-hint:has-text("You can write again in 0:")');

  await owner.page.click('.manage');
  await owner.page.check('.drawer input[type=radio] >> nth=1');
  await viewer.page.waitForSelector('.mark:has-text("Only accounts may write")');
  await viewer.page.waitForSelector('#composer-hint:has-text("Only accounts")');

  await owner.page.click('.drawer summary:has-text("Blocked words")');
  await owner.page.fill('.drawer textarea.words', 'one\nbanana');
  await owner.page.click('.drawer button:has-text("Try on past chat")');
  await owner.page.waitForSelector('.drawer .tried li:has-text("one")');
  await owner.page.click('.drawer .section:has(textarea.words) button[type=submit]');
  await owner.page.waitForSelector('.drawer .note:has-text("Saved")');

  await owner.page.click('.drawer summary:has-text("What was done")');
  await owner.page.waitForSelector('.drawer .audit li:has-text("Only accounts may write")');
  await owner.page.keyboard.press('Escape');
  await owner.page.waitForSelector('.drawer', { state: 'detached' });

  await owner.say('/slow off');
  await owner.say('/chat open');
  await viewer.until(() => document.querySelector('#composer-hint').textContent === '');
  await viewer.say('I like banana');
  await viewer.page.waitForSelector('#composer-hint:has-text("word")');
  assert.equal(await viewer.page.inputValue('.composer textarea'), 'I like banana');

  await owner.say('/clear');
  await viewer.page.waitForSelector('.mark:has-text("cleared")');
  assert.deepEqual(await viewer.texts(), []);
});

test('the list does not move under the hand of a moderator', async (t) => {
  const [owner, stream] = await streamer(t, 'steady');
  const writer = await guest(t, 'Rapid', stream);
  for (let n = 1; n <= 3; n++) await writer.say(`line ${n}`);
  await owner.sees('line 3');
  await owner.page.hover(line('line 2'));
  await owner.page.waitForSelector('.line-tools');
  for (let n = 4; n <= 8; n++) await writer.say(`line ${n}`);
  await owner.page.waitForSelector('.newest:has-text("5 new messages")');
  assert.equal((await owner.texts()).at(-1), 'line 3');
  await owner.page.mouse.move(5, 5);
  await owner.sees('line 8');
});

test('on a phone a moderator has a button beside each message', async (t) => {
  const phone = { viewport: { width: 360, height: 680 }, hasTouch: true, isMobile: true };
  const [owner, stream] = await streamer(t, 'thumbs', phone);
  const writer = await guest(t, 'Small', stream);
  await writer.say('delete me');
  await owner.sees('delete me');
  const size = await owner.page.$eval('.line-more', (el) => [el.offsetWidth, el.offsetHeight]);
  assert.ok(size[0] >= 44 && size[1] >= 44, size.join());
  await owner.page.tap('.line-more');
  await owner.page.tap('.menu button:has-text("Delete this message")');
  await writer.page.waitForSelector('.withheld');
  assert.ok((await owner.page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth)) <= 0);
});

test('the mood over time is there after a reload', async (t) => {
  const viewer = await guest(t, 'Historian');
  await viewer.say('ㅋㅋㅋㅋㅋㅋ');
  await viewer.sees('ㅋㅋㅋㅋㅋㅋ');
  await viewer.page.reload();
  await viewer.live();
  await viewer.page.click('.over-time > button');
  await viewer.page.waitForSelector('.chart-place path', { state: 'attached' });
  await viewer.until(() => document.querySelector('.chart figcaption').textContent === 'Messages a minute by mood');
});

test('the overlay shows the newest lines, transparent, without controls, and counts as nobody', async (t) => {
  const [owner, stream] = await streamer(t, 'caster');
  await owner.until(() => /^1 watching/.test(document.querySelector('.viewers').textContent));
  const overlay = await open(t);
  await overlay.page.goto(new URL(`/overlay/${stream}?lines=3&size=30&mood=1`, server().url).href);
  for (let n = 1; n <= 5; n++) await owner.say(`shown ${n}`);
  await overlay.page.waitForSelector('.over-line:has-text("shown 5")');
  const found = await overlay.page.evaluate(() => ({
    lines: [...document.querySelectorAll('.over-line')].map((el) => el.textContent.match(/shown \d/)[0]),
    ground: ['html', 'body'].map((name) => getComputedStyle(document.querySelector(name)).backgroundColor),
    size: getComputedStyle(document.querySelector('.over-line')).fontSize,
    controls: document.querySelectorAll('button, a, input, select, textarea, header').length,
  }));
  assert.deepEqual(found, {
    lines: ['shown 3', 'shown 4', 'shown 5'],
    ground: ['rgba(0, 0, 0, 0)', 'rgba(0, 0, 0, 0)'],
    size: '30px',
    controls: 0,
  });
  await owner.say('/delete caster');
  await overlay.page.waitForSelector('.over-line:has-text("shown 5")', { state: 'detached' });
  assert.match(await owner.page.textContent('.viewers'), /^1 watching/);
});

test('a video is played from where the streamer keeps it, and not before it is asked for', async (t) => {
  const viewer = await open(t);
  const asked = [];
  await viewer.page.route(/video\.example/, (route) => {
    asked.push(route.request().url());
    return route.fulfill({ status: 404, contentType: 'text/plain', body: '' });
  });
  await viewer.page.route(/\/api\/v1\/streams\/1$/, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), playbackUrl: 'https://video.example/a.mp4' } });
  });
  await viewer.enter(server().url);
  await viewer.page.waitForSelector('video[controls]');
  assert.deepEqual(asked, []);
  await viewer.page.$eval('video', (el) => void el.play().catch(() => undefined));
  await viewer.page.waitForSelector('.video-link a[href="https://video.example/a.mp4"]'); // it could not be played
  assert.equal(asked.length > 0, true);
});
