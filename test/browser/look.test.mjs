// How it looks: on a phone, in both languages and themes, with Korean glyphs.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server } from './server.mjs';
import { launch, PASSWORD, Viewer } from './viewer.mjs';

let browser, server;
before(async () => {
  [browser, server] = await Promise.all([launch(), Server.start()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const phone = { viewport: { width: 360, height: 680 }, hasTouch: true, isMobile: true };

test('a phone shows everything without scrolling sideways', async (t) => {
  for (const locale of ['en-US', 'ko-KR']) {
    const viewer = await Viewer.open(browser, { ...phone, locale });
    t.after(() => viewer.leave());
    const wide = () => viewer.page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
    await viewer.page.goto(server.url);
    await viewer.page.waitForSelector('.card');
    assert.ok((await wide()) <= 0, `the list in ${locale}`);
    await viewer.enter(server.url);
    assert.ok((await wide()) <= 0, `the room before sign-in in ${locale}`);
    await viewer.signIn('W'.repeat(27));
    for (const text of ['w'.repeat(400), '가'.repeat(300), 'https://example.com/' + 'path/'.repeat(60)]) {
      await viewer.say(text);
      await viewer.sees(text);
    }
    assert.ok((await wide()) <= 0, `the room with long words in ${locale}`);
    const log = await viewer.page.$eval('.log-view', (el) => [el.scrollWidth - el.clientWidth, el.clientHeight]);
    assert.ok(log[0] <= 0, `the messages in ${locale}`);
    assert.ok(log[1] > 200, `the messages have room in ${locale}: ${log[1]} px`);
  }
});

test('on a phone every page fits, and fingers find what can be pressed', async (t) => {
  for (const [n, locale] of ['en-US', 'ko-KR'].entries()) {
    const viewer = await Viewer.open(browser, { ...phone, locale });
    t.after(() => viewer.leave());
    const { page } = viewer;
    const fits = async (path, sign) => {
      await page.goto(new URL(path, server.url).href);
      await page.waitForSelector(sign);
      assert.deepEqual(await page.evaluate(unhandy), [], `${path} in ${locale}`);
    };
    await fits('/signin', 'input[name=username]');
    await fits('/signup', 'input[name=username]');
    await fits('/', '.card');
    await viewer.signUp(server.url, `phone-${n}`, '/studio');
    await viewer.goLive(server.url, 'W'.repeat(60), `phone-${n}`);
    assert.deepEqual(await page.evaluate(unhandy), [], `the room in ${locale}`);
    await fits('/', `a.card[href="/s/phone-${n}"]`);
    await fits('/studio', '.stream-row');
    await page.click('.stream-row button');
    await page.waitForSelector('.row-more');
    assert.deepEqual(await page.evaluate(unhandy), [], `editing in ${locale}`);
    await fits('/profile', 'input[name=bot]');
    await fits('/settings', '.switch');
    await page.check('[name=text][value=huge]');
    await fits('/settings', '.switch');
    await fits('/', '.card');
    await fits('/profile', 'input[name=bot]');
  }
});

// Runs in the page: what is wider than it, and what can be pressed and is under
// 44 px. Links within a text are as high as its lines.
function unhandy() {
  const found = [];
  const over = document.scrollingElement.scrollWidth - innerWidth;
  if (over > 0) found.push(`${over} px too wide`);
  for (const el of document.querySelectorAll('a, button, select, summary, input:not([type=text]), textarea, label.check')) {
    if (!el.checkVisibility() || el.matches('.skip, .text-link, .text a, .unseen, .check input, .segment input, .box input')) continue;
    const { width, height } = el.getBoundingClientRect();
    const after = parseFloat(getComputedStyle(el, '::after').height) || 0; // drawn small, larger to fingers
    if (Math.max(height, after) < 43.5 || width < 43.5) found.push(`${el.tagName} ${el.className} "${el.textContent.slice(0, 30)}" ${width.toFixed()}×${height.toFixed()}`);
  }
  return found;
}

test('nothing jumps while a page comes', async (t) => {
  for (const options of [{}, phone]) {
    const viewer = await Viewer.open(browser, options);
    t.after(() => viewer.leave());
    const { page } = viewer;
    await page.addInitScript(() => {
      window.jumped = 0;
      const add = (list) => list.getEntries().forEach((shift) => (window.jumped += shift.value));
      window.jumps = new PerformanceObserver(add);
      window.jumps.observe({ type: 'layout-shift', buffered: true });
      window.jumpsSoFar = () => (add({ getEntries: () => window.jumps.takeRecords() }), window.jumped);
    });
    for (const [path, sign] of [['/', '.card'], ['/signup', 'input'], ['/signin', '.guest'], ['/settings', '.switch'], ['/studio', '.empty'], ['/s/1', '.link-live']]) {
      await page.goto(new URL(path, server.url).href);
      await page.waitForSelector(sign);
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
      const jumped = await page.evaluate(() => window.jumpsSoFar());
      assert.ok(jumped < 0.01, `${path}: ${jumped}`);
    }
  }
});

test('the language follows the browser, can be chosen, and stays', async (t) => {
  const viewer = await Viewer.open(browser, { locale: 'ko-KR' });
  t.after(() => viewer.leave());
  await viewer.enter(server.url);
  assert.equal(await viewer.page.getAttribute('html', 'lang'), 'ko');
  assert.equal(await viewer.page.textContent('[data-mood=praise] .legend-label'), '칭찬');
  await viewer.page.selectOption('.language select', 'en');
  assert.equal(await viewer.page.textContent('[data-mood=praise] .legend-label'), 'Praise');
  await viewer.page.reload();
  await viewer.live();
  assert.equal(await viewer.page.getAttribute('html', 'lang'), 'en');
});

test('settings hold at once, in other tabs, and after a reload', async (t) => {
  const viewer = await Viewer.open(browser, { colorScheme: 'light' });
  t.after(() => viewer.leave());
  const { page } = viewer;
  await viewer.enter(server.url);
  await viewer.signIn('Settled');
  await viewer.say('at this time');
  await viewer.sees('at this time');
  const settings = await viewer.context.newPage();
  await settings.goto(new URL('/settings', server.url).href);
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const [light, size] = [await ground(), await page.$eval('.line .text', (el) => parseFloat(getComputedStyle(el).fontSize))];
  for (const [name, value] of [['theme', 'dark'], ['text', 'huge'], ['language', 'ko']]) await settings.check(`[name=${name}][value=${value}]`);
  await settings.uncheck('#set-timestamps');
  await settings.check('#set-still');
  assert.match(await settings.textContent('h1'), /[가-힣]/);

  for (const again of [false, true]) {
    if (again) await page.reload();
    await viewer.sees('at this time');
    await viewer.until(() => {
      const { lang, dataset } = document.documentElement;
      return lang === 'ko' && dataset.theme === 'dark' && dataset.motion === 'off';
    });
    assert.notEqual(await ground(), light);
    assert.ok((await page.$eval('.line .text', (el) => parseFloat(getComputedStyle(el).fontSize))) > size);
    assert.equal(await page.$eval('.line time', (el) => el.checkVisibility()), false);
    assert.equal(await page.$eval('.primary', (el) => getComputedStyle(el).transitionDuration), '0s');
  }
  await settings.check('[name=theme][value=system]');
  await viewer.until((was) => getComputedStyle(document.documentElement).backgroundColor === was, light);
});

test('both themes have their colours, and text stands out from its ground', async (t) => {
  const grounds = [];
  for (const colorScheme of ['light', 'dark']) {
    const viewer = await Viewer.open(browser, { colorScheme });
    t.after(() => viewer.leave());
    await viewer.page.goto(server.url);
    await viewer.page.waitForSelector('.card');
    grounds.push(await viewer.page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor));
    await viewer.enter(server.url);
    assert.deepEqual(await viewer.page.evaluate(faint), [], colorScheme);
    await viewer.signIn('Contrast');
    await viewer.say('hello');
    await viewer.sees('hello');
    await viewer.page.waitForSelector('.mine:not(.ghost)');
    assert.deepEqual(await viewer.page.evaluate(faint), [], colorScheme);
  }
  assert.notEqual(grounds[0], grounds[1]);
});

// Runs in the page: the texts whose contrast is under 4.5, WCAG's AA, names in
// every colour they can have among them, on the ground of one's own messages.
function faint() {
  const pen = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const luminance = (...layers) => {
    for (const colour of layers) {
      pen.fillStyle = colour;
      pen.fillRect(0, 0, 1, 1);
    }
    const [r, g, b] = [...pen.getImageData(0, 0, 1, 1).data].map((v) => {
      const part = v / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const style = (el) => getComputedStyle(el);
  const contrast = (el) => {
    const grounds = [];
    for (let at = el; at; at = at.parentElement) grounds.unshift(style(at).backgroundColor);
    const ground = luminance('#fff', ...grounds);
    const ink = luminance('#fff', ...grounds, style(el).color);
    return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
  };
  const found = [];
  const look = (el, what) => contrast(el) < 4.5 && found.push(`${what}: ${contrast(el).toFixed(2)}`);
  for (const el of document.querySelectorAll('#page *')) {
    const own = [...el.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (own && el.checkVisibility() && !el.matches(':disabled, .unseen, option')) look(el, el.textContent);
  }
  const name = document.querySelector('.mine .name');
  for (let hue = 0; name && hue < 12; hue++) {
    name.className = `name hue-${hue}`;
    look(name, name.className);
  }
  return found;
}

test('Korean is drawn with glyphs, not with boxes', async (t) => {
  const viewer = await Viewer.open(browser, { locale: 'ko-KR' });
  t.after(() => viewer.leave());
  await viewer.page.goto(server.url);
  await viewer.page.waitForSelector('.card');
  // A font without a character draws the same box for every one that it lacks.
  const drawn = await viewer.page.evaluate(() => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 64;
    const pen = canvas.getContext('2d', { willReadFrequently: true });
    pen.font = `48px ${getComputedStyle(document.body).fontFamily}`;
    pen.textBaseline = 'top';
    const draw = (text) => {
      pen.clearRect(0, 0, 64, 64);
      pen.fillText(text, 4, 4);
      const { data } = pen.getImageData(0, 0, 64, 64);
      return data.filter((_, i) => i % 4 === 3).join('');
    };
    const letters = [...'가힣채팅분위기칭찬비난웃음질문조언뷁ㅋㅠ'];
    return { box: draw('\u{10FFFD}'), letters: letters.map((letter) => [letter, draw(letter)]) };
  });
  const seen = new Map();
  for (const [letter, pixels] of drawn.letters) {
    assert.match(pixels, /[1-9]/, `${letter} is drawn`);
    assert.notEqual(pixels, drawn.box, `${letter} is a box`);
    assert.equal(seen.get(pixels), undefined, `${letter} looks like ${seen.get(pixels)}`);
    seen.set(pixels, letter);
  }
});

test('the keyboard alone is enough to join and write', async (t) => {
  const viewer = await Viewer.open(browser);
  t.after(() => viewer.leave());
  await viewer.enter(server.url);
  await tabTo(viewer.page, 'input[name=name]');
  await viewer.page.keyboard.type('Keys');
  await viewer.page.keyboard.press('Enter');
  await viewer.page.waitForSelector('textarea:focus');
  await viewer.page.keyboard.type('typed without a mouse');
  await viewer.page.keyboard.press('Enter');
  await viewer.sees('typed without a mouse');
  assert.equal(await viewer.page.getAttribute('[role=log]', 'aria-live'), 'polite');
});

test('the keyboard alone is enough to sign up, open a stream, and end it', async (t) => {
  const viewer = await Viewer.open(browser);
  t.after(() => viewer.leave());
  const { page } = viewer;
  const { keyboard } = page;
  /** Where a link led, reading begins at the title, and the tab says where one is. */
  const arrived = async (title) => {
    await page.waitForFunction((text) => document.activeElement?.tagName === 'H1' && document.activeElement.textContent === text, title);
    assert.equal(await page.title(), `${title} · hubbub`);
  };
  await page.goto(server.url);
  await page.waitForSelector('.card');
  await tabTo(page, '.skip');
  await keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  await tabTo(page, '.top-nav a.button', 'Shift+Tab');
  await keyboard.press('Enter');
  await arrived('Sign in');
  await tabTo(page, 'a[href^="/signup"]');
  await keyboard.press('Enter');
  await arrived('Create an account');
  await tabTo(page, 'input[name=username]');
  await keyboard.type('by-keys');
  await tabTo(page, 'input[name=password]');
  await keyboard.type(PASSWORD);
  await keyboard.press('Enter');
  await arrived('Live now');
  await tabTo(page, 'a[href="/studio"].top-link', 'Shift+Tab');
  await keyboard.press('Enter');
  await arrived('My streams');
  await tabTo(page, 'input[name=title]');
  await keyboard.type('By keys alone');
  await keyboard.press('Enter');
  await viewer.live();
  await tabTo(page, '.composer textarea');
  await keyboard.type('hello by keys');
  await keyboard.press('Enter');
  await viewer.sees('hello by keys');
  await tabTo(page, 'a[href="/studio"].top-link', 'Shift+Tab');
  await keyboard.press('Enter');
  await arrived('My streams');
  await page.waitForSelector('.stream-row');
  await tabTo(page, '.stream-row button:nth-of-type(2)');
  await keyboard.press('Enter');
  await page.waitForSelector('dialog');
  await tabTo(page, 'dialog .primary');
  await keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('.stream-row .note').textContent === 'ended');
  assert.notEqual(await page.evaluate(() => document.activeElement.tagName), 'BODY', 'the focus is somewhere');
});

/** Presses Tab until that has the focus; on the way each stop can be seen to be one. */
async function tabTo(page, selector, key = 'Tab') {
  const there = () => page.evaluate((wanted) => document.activeElement?.matches(wanted), selector);
  for (let presses = 0; !(await there()); presses++) {
    assert.ok(presses < 60, `${key} leads to ${selector}`);
    await page.keyboard.press(key);
    const hidden = await page.evaluate(() => {
      const el = document.activeElement;
      if (!el || el === document.body) return null;
      const marks = (one) => one && (getComputedStyle(one).outlineStyle !== 'none' || getComputedStyle(one).boxShadow !== 'none');
      return marks(el) || marks(el.parentElement) || marks(el.nextElementSibling) ? null : el.outerHTML;
    });
    assert.equal(hidden, null, 'one sees where the focus is');
  }
}
