// Sign-in by way of a provider. The server binds the code that comes back to a
// secret that never leaves this tab, so that a code somebody stole, or planted,
// is of no use.

import type { SignedIn } from '../wire.ts';
import { request } from './http.ts';
import { begin } from './session.ts';

const KEY = 'hubbub.oidc';

/** Hashing needs a page over HTTPS, or on this machine. */
export function oidcWorks(): boolean {
  return crypto.subtle !== undefined;
}

/** Leaves the page for the provider's; the viewer comes back to /signin#code=…. */
export async function leaveFor(provider: string, next: string): Promise<void> {
  const secret = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const bind = base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(secret))));
  sessionStorage.setItem(KEY, JSON.stringify({ secret, next }));
  location.assign(`/api/v1/users/oidc/${encodeURIComponent(provider)}/login?bind=${bind}`);
}

/** Takes the code of the address once: on the way back, else null. */
export function takeReturn(): { code: string; secret: string; next: string } | null {
  const code = new URLSearchParams(location.hash.slice(1)).get('code');
  if (!code) return null;
  history.replaceState(null, '', location.pathname);
  const { secret = '', next = '/' } = JSON.parse(sessionStorage.getItem(KEY) ?? '{}') as { secret?: string; next?: string };
  sessionStorage.removeItem(KEY);
  return { code, secret, next };
}

export async function finish(code: string, secret: string): Promise<void> {
  begin(await request<SignedIn>('/api/v1/users/oidc/exchange', { body: { code, secret } }));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
}
