// firstload.mjs URL: opens a room in fresh browsers' contexts, and prints as JSON
// the median time from the navigation's start until one can read and sign in, in
// ms, and the script that came, as sent, in bytes.

import { launch } from '../browser/viewer.mjs';

const TIMES = 5;

// Runs in the page at every frame: 0 until there are messages and the way in can be used.
function ready() {
  const field = document.querySelector('.composer input[name=name], .composer textarea');
  return field?.checkVisibility() && !field.disabled && document.querySelector('.line') ? performance.now() : 0;
}

function scriptSize() {
  const scripts = performance.getEntriesByType('resource').filter(({ name }) => new URL(name).pathname.endsWith('.js'));
  return scripts.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
}

const browser = await launch();
const loads = [];
for (let i = 0; i < TIMES; i++) {
  const context = await browser.newContext({ locale: 'en-US' });
  const page = await context.newPage();
  await page.goto(process.argv[2], { waitUntil: 'commit' });
  const took = await (await page.waitForFunction(ready)).jsonValue();
  await page.waitForLoadState();
  loads.push({ took, script: await page.evaluate(scriptSize) });
  await context.close();
}
await browser.close();
console.error(loads.map(({ took }) => `${took.toFixed(0)} ms`).join(', '));
const median = loads.map(({ took }) => took).sort((a, b) => a - b)[(TIMES - 1) / 2];
console.log(JSON.stringify({ median, script: Math.max(...loads.map(({ script }) => script)) }));
