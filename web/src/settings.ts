// How this browser shows the page: kept in localStorage, the same in all tabs,
// and put on <html> as data attributes, which the style sheets read.

import { computed, effect, signal } from '@preact/signals';
import * as storage from './storage.ts';

export const themes = ['system', 'light', 'dark'] as const;
export const textSizes = ['small', 'normal', 'large', 'huge'] as const;

export interface Settings {
  theme: (typeof themes)[number];
  textSize: (typeof textSizes)[number];
  /** Summaries of what was said are shown. */
  summaries: boolean;
  /** Messages have their time beside them. */
  timestamps: boolean;
  /** Copies of a text by many are one line. */
  gather: boolean;
  /** Nothing moves, also where the system would allow it. */
  still: boolean;
}

const KEY = 'hubbub.settings';
const usual: Settings = { theme: 'system', textSize: 'normal', summaries: true, timestamps: true, gather: true, still: false };

export const settings = signal<Settings>(load());

const dark = matchMedia('(prefers-color-scheme: dark)');
const systemDark = signal(dark.matches);
dark.addEventListener('change', () => (systemDark.value = dark.matches));

/** The theme that is shown. */
export const theme = computed<'light' | 'dark'>(() => {
  const chosen = settings.value.theme;
  return chosen === 'system' ? (systemDark.value ? 'dark' : 'light') : chosen;
});

effect(() => {
  const { dataset } = document.documentElement;
  dataset['theme'] = theme.value;
  dataset['text'] = settings.value.textSize;
  dataset['times'] = settings.value.timestamps ? 'on' : 'off';
  dataset['motion'] = settings.value.still ? 'off' : 'on';
});

export function change(some: Partial<Settings>) {
  settings.value = { ...settings.value, ...some };
  storage.set(KEY, JSON.stringify(settings.value));
}

addEventListener('storage', (event) => {
  if (event.key === KEY) settings.value = load();
});

/** What is stored, as far as it makes sense. */
function load(): Settings {
  let stored: Partial<Settings>;
  try {
    stored = (JSON.parse(storage.get(KEY) ?? '{}') as Partial<Settings> | null) ?? {};
  } catch {
    stored = {};
  }
  const isSet = (key: 'summaries' | 'timestamps' | 'gather' | 'still') => (typeof stored[key] === 'boolean' ? stored[key] : usual[key]);
  return {
    theme: themes.find((one) => one === stored.theme) ?? usual.theme,
    textSize: textSizes.find((one) => one === stored.textSize) ?? usual.textSize,
    summaries: isSet('summaries'),
    timestamps: isSet('timestamps'),
    gather: isSet('gather'),
    still: isSet('still'),
  };
}
