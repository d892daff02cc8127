// Which language the page speaks: the viewer's choice, else the browser's.

import { computed, effect, signal } from '@preact/signals';
import * as storage from '../storage.ts';
import type { Refusal } from '../wire.ts';
import { en } from './en.ts';
import { ko } from './ko.ts';
import type { Words } from './words.ts';

export const languages = { en, ko } satisfies Record<string, Words>;
export type Language = keyof typeof languages;

const KEY = 'hubbub.language';

export const language = signal<Language>(first());
export const words = computed<Words>(() => languages[language.value]);

effect(() => {
  document.documentElement.lang = language.value;
});

export function choose(next: Language) {
  language.value = next;
  storage.set(KEY, next);
}

addEventListener('storage', (event) => {
  if (event.key === KEY) language.value = first();
});

/** A refusal in the viewer's words; an unknown code falls back to the server's. */
export function explain(w: Words, refusal: Refusal): string {
  const text = w.codes[refusal.code] ?? refusal.message ?? w.codes['internal'];
  const wait = Math.ceil((refusal.retryAfterMs ?? 0) / 1000);
  return wait > 0 ? `${text} ${w.retryIn(wait)}` : text;
}

function first(): Language {
  const chosen = storage.get(KEY);
  if (chosen && chosen in languages) return chosen as Language;
  const spoken = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag in languages);
  return (spoken ?? 'en') as Language;
}
