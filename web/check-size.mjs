// Fails when the script that the page needs to show a room is larger than promised.
// Parts that come when somebody opens them are listed and not counted.
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const LIMIT = 60 * 1024;
const dist = new URL('./dist/', import.meta.url);
const page = readFileSync(new URL('index.html', dist), 'utf8');
let first = 0;
for (const name of readdirSync(new URL('assets/', dist)).filter((name) => name.endsWith('.js'))) {
  const size = gzipSync(readFileSync(new URL(`assets/${name}`, dist)), { level: 9 }).length;
  const needed = page.includes(`/assets/${name}`); // the entry, and what it imports
  if (needed) first += size;
  console.log(`${(size / 1024).toFixed(1).padStart(6)} KiB  ${name}${needed ? '' : ', when opened'}`);
}
console.log(`${(first / 1024).toFixed(1).padStart(6)} KiB  of script at first, gzipped; ${LIMIT / 1024} KiB allowed`);
if (first === 0 || first > LIMIT) process.exit(1);
