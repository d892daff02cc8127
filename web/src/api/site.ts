// What this installation allows: asked once, when somebody wants to know.

import { signal } from '@preact/signals';
import type { Site } from '../wire.ts';
import { request } from './http.ts';

const RETRY_MS = 5_000;

const known = signal<Site | null>(null);
let asked = false;

/** null until it is known. */
export function site(): Site | null {
  if (!asked) void ask();
  return known.value;
}

async function ask() {
  asked = true;
  try {
    known.value = await request<Site>('/api/v1/site');
  } catch {
    setTimeout(() => void ask(), RETRY_MS);
  }
}
