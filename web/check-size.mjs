// Fails when the page's script, all chunks together, is larger than promised.
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const LIMIT = 60 * 1024;
const assets = new URL('./dist/assets/', import.meta.url);
let total = 0;
for (const name of readdirSync(assets).filter((name) => name.endsWith('.js'))) {
  const size = gzipSync(readFileSync(new URL(name, assets)), { level: 9 }).length;
  console.log(`${(size / 1024).toFixed(1).padStart(6)} KiB  ${name}`);
  total += size;
}
console.log(`${(total / 1024).toFixed(1).padStart(6)} KiB  of script, gzipped; ${LIMIT / 1024} KiB allowed`);
if (total === 0 || total > LIMIT) process.exit(1);
