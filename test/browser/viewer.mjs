// A person at the page: Debian's Chromium, and what one does and sees there.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

// Not an import: only require looks into NODE_PATH, where scripts/browser-tests.sh has it.
const { chromium } = createRequire(import.meta.url)('playwright-core');

/** Runs as root, without a GPU and without /dev/shm, and calls nobody. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const WAIT_MS = 30_000;
export const PASSWORD = 'quiet lamp seven rivers';

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
}

// Runs in the page before its own script: while `cut` is true no connection can
// be made, and `sockets` are those that were.
function watchSockets() {
  const Native = WebSocket;
  window.sockets = [];
  window.cut = false;
  window.WebSocket = class extends Native {
    constructor(url, protocols) {
      super(window.cut ? new URL('/no-such-path', url) : url, protocols);
      window.sockets.push(this);
    }
  };
}

export class Viewer {
  /** Opens a browser context of one's own: other storage, other viewer. */
  static async open(browser, options = {}) {
    const viewer = new Viewer();
    viewer.context = await browser.newContext({ locale: 'en-US', viewport: { width: 1100, height: 760 }, ...options });
    viewer.context.setDefaultTimeout(WAIT_MS);
    viewer.page = await viewer.context.newPage();
    viewer.faults = [];
    viewer.page.on('pageerror', (error) => viewer.faults.push(error.stack ?? error.message));
    viewer.page.on('console', (line) => /Content.Security.Policy/.test(line.text()) && viewer.faults.push(line.text()));
    await viewer.page.addInitScript(watchSockets);
    return viewer;
  }

  /** Goes to a room and waits until its messages flow. */
  async enter(url, stream = '1') {
    await this.page.goto(new URL(`/s/${stream}`, url).href);
    await this.live();
  }

  live() {
    return this.page.waitForSelector('.link-live');
  }

  async signIn(name) {
    await this.page.fill('.composer input[name=name]', name);
    await this.page.press('.composer input[name=name]', 'Enter');
    await this.page.waitForSelector('.composer textarea');
    await this.live();
  }

  /** Makes an account, and is where it was to lead. */
  async signUp(url, username, next = '/') {
    await this.page.goto(new URL(`/signup?next=${encodeURIComponent(next)}`, url).href);
    await this.page.fill('input[name=username]', username);
    await this.page.fill('input[name=password]', PASSWORD);
    await this.page.press('input[name=password]', 'Enter');
    await this.page.waitForURL(new URL(next, url).href);
  }

  /** Opens a stream and is in its room; resolves with its id. */
  async goLive(url, title, id) {
    await this.page.goto(new URL('/studio', url).href);
    await this.page.fill('input[name=title]', title);
    if (id) {
      await this.page.click('.further summary');
      await this.page.fill('input[name=id]', id);
    }
    await this.page.press('input[name=title]', 'Enter');
    await this.page.waitForURL(/\/s\//);
    await this.live();
    return new URL(this.page.url()).pathname.slice('/s/'.length);
  }

  async say(text) {
    await this.page.fill('.composer textarea', text);
    await this.page.press('.composer textarea', 'Enter');
  }

  /** Waits until a message with this text is in the room (not only on its way). */
  sees(text, timeout = WAIT_MS) {
    return this.until(
      (wanted) => [...document.querySelectorAll('.line:not(.ghost) .text')].some((el) => el.textContent === wanted),
      text,
      timeout,
    );
  }

  until(condition, argument, timeout = WAIT_MS) {
    return this.page.waitForFunction(condition, argument, { timeout });
  }

  /** The texts in the room, oldest first. */
  texts() {
    return this.page.$$eval('.line:not(.ghost) .text', (list) => list.map((el) => el.textContent));
  }

  /** Declared losses: nobody should see one without a reason. */
  losses() {
    return this.page.$$eval('.mark-missed', (list) => list.map((el) => el.textContent));
  }

  /** Breaks the connection, and keeps it broken until mend. */
  cut() {
    return this.page.evaluate(() => {
      window.cut = true;
      for (const socket of window.sockets) socket.close();
    });
  }

  mend() {
    return this.page.evaluate(() => {
      window.cut = false;
    });
  }

  /**
   * Lets a test say what a server says only in trouble. Call it before enter; the
   * function that it returns sends a MESSAGE of a channel, `notices` among them.
   */
  async speakForServer() {
    const subscriptions = new Map();
    let socket;
    let subscribed;
    const all = new Promise((resolve) => (subscribed = resolve));
    await this.page.routeWebSocket(/\/chat\/ws$/, (page) => {
      socket = page;
      const server = page.connectToServer();
      page.onMessage((frame) => {
        const [, id] = /^SUBSCRIBE\n(?:.*\n)*?id:(.*)\n/.exec(frame) ?? [];
        if (id) subscriptions.set(/^destination:.*\/([\w-]+)$/m.exec(frame)[1], id);
        if (subscriptions.has('user-count')) subscribed(); // the page's last
        server.send(frame);
      });
    });
    return async (channel, headers, body) => {
      await all;
      const lines = Object.entries({ subscription: subscriptions.get(channel), ...headers });
      const head = lines.map(([name, value]) => `${name}:${value}\n`).join('');
      socket.send(`MESSAGE\n${head}\n${JSON.stringify(body)}\0`);
    };
  }

  /** The percentage that the bar shows for a mood. */
  mood(name) {
    return this.page.$eval(`.legend [data-mood=${name}] .legend-value`, (el) => parseInt(el.textContent, 10));
  }

  /** Leaves; a script error or a breach of the page's policy fails the test. */
  async leave() {
    await this.context.close();
    assert.deepEqual(this.faults, []);
  }
}
