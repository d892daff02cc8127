// Trolls, and the one moderator who stops them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from './stage.mjs';

const TROLLS = 50;

const { open: person, server } = stage('--guest-rate', '0');

// Runs in a page of its own: so many guests, each over a socket of its own, who
// write twice a second. `raid` is what became of it: texts that were acknowledged
// and refusals by code.
async function raid([trolls, stream]) {
  window.raid = { acked: 0, refused: {}, lastAck: 0 };
  const guest = async (n) => {
    const answer = await fetch('/api/v1/users/guest', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: `Troll ${n}` }),
    });
    const { accessToken } = await answer.json();
    await new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://${location.host}/chat/ws`, 'v12.stomp');
      let sent = 0;
      const shout = () =>
        socket.send(`SEND\ndestination:/publish/${stream}\nreceipt:${++sent}\n\n${JSON.stringify({ content: `BOO from ${n}, ${sent}` })}\0`);
      socket.onopen = () => socket.send(`CONNECT\naccept-version:1.2\nhost:x\nheart-beat:0,0\nAuthorization:Bearer ${accessToken}\n\n\0`);
      socket.onclose = () => reject(new Error(`troll ${n} was thrown out`));
      socket.onmessage = ({ data }) => {
        if (data.startsWith('CONNECTED')) {
          socket.send('SUBSCRIBE\nid:n\ndestination:/user/queue/notices\n\n\0');
          setInterval(shout, 500);
          resolve();
        }
        for (const frame of data.split('\0')) {
          if (frame.trimStart().startsWith('RECEIPT')) {
            window.raid.acked++;
            window.raid.lastAck = performance.now();
          }
          const code = /"code":"(\w+)"/.exec(frame)?.[1];
          if (code) window.raid.refused[code] = (window.raid.refused[code] ?? 0) + 1;
        }
      };
    });
  };
  await Promise.all(Array.from({ length: trolls }, (_, n) => guest(n)));
}

test(`a raid of ${TROLLS} trolls is stopped by one moderator`, async (t) => {
  const [host, viewer] = [await person(t), await person(t)];
  await host.signUp(server().url, 'calmhost');
  const id = await host.goLive(server().url, 'Quiet evening', 'quiet');
  await viewer.signUp(server().url, 'regular', `/s/${id}`);
  await viewer.live();
  await viewer.say('a quiet word before');
  await host.sees('a quiet word before');

  const trolls = await person(t);
  await trolls.page.goto(new URL('/favicon.svg', server().url).href);
  await host.page.bringToFront();
  await trolls.page.evaluate(raid, [TROLLS, id]);
  await host.until(() => document.querySelectorAll('.line').length > 60);

  // First the door, then the floor.
  await host.say('/chat accounts');
  await trolls.until((wanted) => window.raid.refused.accounts_only >= wanted, TROLLS);
  const acked = await trolls.page.evaluate(() => window.raid.acked);
  await host.say('/clear');
  for (const one of [host, viewer]) {
    await one.until(() => ![...document.querySelectorAll('.line .text')].some((el) => el.textContent.startsWith('BOO')));
  }
  await viewer.say('that was loud');
  await host.sees('that was loud');
  await host.say('it is over');
  await viewer.sees('it is over');
  await trolls.until((wanted) => window.raid.refused.accounts_only >= wanted, 2 * TROLLS);
  assert.equal(await trolls.page.evaluate(() => window.raid.acked), acked, 'nothing of theirs was taken any more');
  for (const one of [host, viewer]) {
    assert.deepEqual((await one.texts()).filter((text) => text.startsWith('BOO')), []);
    assert.deepEqual(await one.losses(), []);
  }
  // Who comes later sees no more of it either.
  const late = await person(t);
  await late.enter(server().url, id);
  await late.sees('it is over');
  assert.deepEqual((await late.texts()).filter((text) => text.startsWith('BOO')), []);
});

// Runs in the page: writes past it, over a socket of its own; resolves with the
// code of the refusal, or `taken`.
function force([stream, content]) {
  const { accessToken } = JSON.parse(localStorage.getItem('hubbub.session'));
  const socket = new WebSocket(`ws://${location.host}/chat/ws`, 'v12.stomp');
  return new Promise((resolve, reject) => {
    socket.onopen = () => socket.send(`CONNECT\naccept-version:1.2\nhost:x\nheart-beat:0,0\nAuthorization:Bearer ${accessToken}\n\n\0`);
    socket.onclose = () => reject(new Error('closed'));
    socket.onmessage = ({ data }) => {
      if (data.startsWith('CONNECTED')) {
        socket.send('SUBSCRIBE\nid:n\ndestination:/user/queue/notices\n\n\0');
        socket.send(`SEND\ndestination:/publish/${stream}\nreceipt:r\n\n${JSON.stringify({ content })}\0`);
      }
      const answer = data.includes('RECEIPT\n') ? 'taken' : /"code":"(\w+)"/.exec(data)?.[1];
      if (!answer) return;
      socket.onclose = null;
      socket.close();
      resolve(answer);
    };
  });
}

test('a ban outlives a restart, a reload and a new connection', async (t) => {
  const [host, troll, viewer] = [await person(t), await person(t), await person(t)];
  await host.signUp(server().url, 'stricthost');
  const id = await host.goLive(server().url, 'Strict', 'strict');
  await troll.signUp(server().url, 'nuisance', `/s/${id}`);
  await troll.live();
  await viewer.enter(server().url, id);
  await troll.say('buy my things');
  for (const one of [host, viewer]) await one.sees('buy my things');
  await host.say('/ban nuisance spam');

  const banned = async (when) => {
    await troll.page.fill('.composer textarea', `said ${when}`);
    await troll.page.press('.composer textarea', 'Enter');
    await troll.until(() => /banned/.test(document.querySelector('#composer-hint').textContent));
    assert.equal(await troll.page.inputValue('.composer textarea'), `said ${when}`, 'the text is given back');
    assert.equal(await troll.page.evaluate(force, [id, `forced ${when}`]), 'banned', when);
    await host.say(`checked ${when}`);
    await viewer.sees(`checked ${when}`);
    assert.deepEqual((await viewer.texts()).filter((text) => /^(said|forced) /.test(text)), []);
  };
  await troll.until(() => /banned.*spam/.test(document.querySelector('#composer-hint').textContent)); // it is told, and why
  await banned('at once');
  await troll.page.reload();
  await troll.live();
  await banned('after a reload');
  await server().kill();
  await troll.page.waitForSelector('.link-waiting');
  await server().restart();
  await Promise.all([host, troll, viewer].map((one) => one.live()));
  await banned('after a restart');

  await host.say('/unban nuisance');
  await troll.until(() => !/banned/.test(document.querySelector('#composer-hint').textContent));
  await troll.say('I am sorry');
  await viewer.sees('I am sorry');
});
