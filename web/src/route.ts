// The address bar as a signal, and links that change it without a reload.

import { computed, signal } from '@preact/signals';

export type Route = { page: 'streams' } | { page: 'room'; streamId: string } | { page: 'unknown' };

const path = signal(location.pathname);
addEventListener('popstate', () => (path.value = location.pathname));

export const route = computed<Route>(() => {
  if (path.value === '/') return { page: 'streams' };
  const room = /^\/s\/([A-Za-z0-9_-]{1,64})\/?$/.exec(path.value);
  return room ? { page: 'room', streamId: room[1]! } : { page: 'unknown' };
});

export function go(to: string) {
  history.pushState(null, '', to);
  path.value = location.pathname;
  scrollTo(0, 0);
}

/** Follows plain clicks on links of our own; others are the browser's. */
export function followLinks(event: MouseEvent) {
  const link = (event.target as Element).closest?.('a');
  if (!link || link.origin !== location.origin || link.target || link.hasAttribute('download')) return;
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(link.pathname);
}
