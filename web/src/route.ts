// The address bar as a signal, and links that change it without a reload.

import { computed, signal } from '@preact/signals';

const pages = ['signin', 'signup', 'claim', 'reset', 'profile', 'settings', 'studio'] as const;

export type Route =
  | { page: 'streams' | (typeof pages)[number] | 'unknown' }
  /** overlay: for broadcasting software, without a frame. */
  | { page: 'room' | 'overlay'; streamId: string };

const here = () => location.pathname + location.search + location.hash;
const address = signal(here());
let moves = 0;
addEventListener('popstate', () => arrive());

const path = computed(() => /^[^?#]*/.exec(address.value)![0]);
/** What stands behind the ? of the address. */
export const query = computed(() => new URLSearchParams(/\?[^#]*/.exec(address.value)?.[0] ?? ''));

export const route = computed<Route>(() => {
  const [first = '', id = '', ...more] = path.value.replace(/^\/|\/$/g, '').split('/');
  if (more.length === 0 && /^[A-Za-z0-9_-]{1,64}$/.test(id)) {
    if (first === 's') return { page: 'room', streamId: id };
    if (first === 'overlay') return { page: 'overlay', streamId: id };
  }
  if (id !== '' || more.length > 0) return { page: 'unknown' };
  return { page: first === '' ? 'streams' : (pages.find((page) => page === first) ?? 'unknown') };
});

/** Goes to a path of our own; replace: so that Back does not return to this one. */
export function go(to: string, replace = false) {
  if (replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  arrive();
  scrollTo(0, 0);
}

function arrive() {
  moves++;
  address.value = here();
}

/** Whether this page was come to by a link within the page: then focus has to be put somewhere. */
export function moved(): boolean {
  return moves > 0;
}

/** A link to sign in, and then to come back here. */
export function signInLink(): string {
  return route.value.page === 'streams' ? '/signin' : `/signin?next=${encodeURIComponent(path.value)}`;
}

/** Where a sign-in leads back to: a path of our own, whatever stands in the address. */
export function next(): string {
  const wanted = query.value.get('next') ?? '/';
  return /^\/(?![/\\])/.test(wanted) ? wanted : '/';
}

/** Follows plain clicks on links of our own; others are the browser's. */
export function followLinks(event: MouseEvent) {
  const link = (event.target as Element).closest?.('a');
  if (!link || link.origin !== location.origin || link.target || link.hasAttribute('download')) return;
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(link.pathname + link.search + link.hash);
}
