// The keyboard in the list: arrows go from message to message, Enter opens what
// can be done about one, Escape goes back to following.

import type { RefObject } from 'preact';
import type { Hold } from './useHold.ts';

export interface LineKeys {
  pressed(event: KeyboardEvent): void;
  left(event: FocusEvent): void;
  /** Puts the focus on a line; null: on the list. */
  focus(line: HTMLElement | null): void;
}

export function useLineKeys(view: RefObject<HTMLDivElement | null>, use: { hold: Hold; onOpen: (id: string) => void }): LineKeys {
  const { hold, onOpen } = use;
  const lines = () => [...(view.current?.querySelectorAll<HTMLElement>('.line[data-id]') ?? [])];

  function focus(line: HTMLElement | null) {
    if (!line?.isConnected) {
      view.current?.focus({ preventScroll: true });
      return;
    }
    hold.because('line');
    line.tabIndex = -1;
    line.focus({ preventScroll: true });
    line.scrollIntoView({ block: 'nearest' });
  }
  function pressed(event: KeyboardEvent) {
    const target = event.target as HTMLElement;
    const on = target.closest<HTMLElement>('.line[data-id]');
    // Links and buttons in the list have keys of their own.
    if ((target !== view.current && target !== on) || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const all = lines();
    const at = on ? all.indexOf(on) : all.length;
    switch (event.key) {
      case 'ArrowUp':
        focus(all[Math.max(0, at - 1)] ?? null);
        break;
      case 'ArrowDown':
        if (!on) return;
        if (at + 1 < all.length) focus(all[at + 1]!);
        else back();
        break;
      case 'Home':
        focus(all[0] ?? null);
        break;
      case 'End':
      case 'Escape':
        back();
        break;
      case 'Enter':
      case ' ':
        if (!on) return;
        hold.because('menu');
        onOpen(on.dataset['id']!);
        break;
      default:
        return;
    }
    event.preventDefault();
  }
  function back() {
    view.current?.focus({ preventScroll: true });
    hold.end();
  }
  function left(event: FocusEvent) {
    const to = event.relatedTarget as Element | null;
    if (!to?.closest('.line[data-id]')) hold.over('line');
  }
  return { pressed, left, focus };
}
