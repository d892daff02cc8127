// A set of emoji, in groups, searched in Korean and English. One Tab stop for the
// search and one for the grid; arrows move within.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { gridStep, searchEmoji, type Emoji } from '../../room/emoji.ts';
import { emojiSets } from '../../room/emoji-table.ts';
import { language, words } from '../../words/language.ts';
import '../../style/emoji.css';

export function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const w = words.value;
  const search = useSignal('');
  const input = useRef<HTMLInputElement>(null);
  const grid = useRef<HTMLDivElement>(null);
  useEffect(() => input.current?.focus(), []);

  const found = search.value.trim() ? searchEmoji(emojiSets, search.value) : null;
  const sets = found ? [{ group: 'found' as const, list: found }] : emojiSets;
  const buttons = () => [...(grid.current?.querySelectorAll<HTMLButtonElement>('button') ?? [])];

  function pressed(event: KeyboardEvent) {
    const all = buttons();
    if (event.target === input.current) {
      if (event.key === 'ArrowDown') all[0]?.focus();
      else if (event.key === 'Enter' && !event.isComposing) all[0]?.click();
      else return;
    } else {
      const at = all.indexOf(event.target as HTMLButtonElement);
      const to = gridStep(event.key, at, all.length, columns(all));
      if (at < 0 || to === null) return;
      if (event.key === 'ArrowUp' && to === at) input.current?.focus();
      else all[to]?.focus();
    }
    event.preventDefault();
    event.stopPropagation();
  }
  return (
    <div class="emoji-picker" role="dialog" aria-label={w.emoji} onKeyDown={pressed}>
      <input
        ref={input}
        class="emoji-search"
        type="search"
        autocomplete="off"
        aria-label={w.emojiSearch}
        placeholder={w.emojiSearch}
        value={search.value}
        onInput={(event) => (search.value = event.currentTarget.value)}
      />
      <p class="unseen" role="status">
        {found && w.emojiFound(found.length)}
      </p>
      <div class="emoji-grid" ref={grid}>
        {found?.length === 0 && <p class="emoji-none">{w.emojiFound(0)}</p>}
        {sets.map(({ group, list }, n) => (
          <section key={group} aria-label={group === 'found' ? w.emojiSearch : w.emojiGroups[group]}>
            {group !== 'found' && <h3 aria-hidden="true">{w.emojiGroups[group]}</h3>}
            <div class="emoji-row">
              {list.map((emoji, i) => (
                <button
                  key={emoji.char}
                  type="button"
                  tabIndex={n === 0 && i === 0 ? 0 : -1}
                  aria-label={called(emoji)}
                  title={called(emoji)}
                  onClick={() => onPick(emoji.char)}
                >
                  {emoji.char}
                </button>
              ))}
            </div>
          </section>
        ))}
      </div>
    </div>
  );
}

function called({ ko, en, char }: Emoji): string {
  return (language.value === 'ko' ? ko[0] : en[0]) ?? char;
}

/** How many stand in a row, as the width has it. */
function columns(all: readonly HTMLElement[]): number {
  const top = all[0]?.offsetTop;
  const next = all.findIndex((one) => one.offsetTop !== top);
  return next < 0 ? Math.max(1, all.length) : next;
}
