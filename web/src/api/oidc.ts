// Sign-in by way of a provider. The server binds the code that comes back to a
// secret that never leaves this tab, so that a code somebody stole, or planted,
// is of no use.

import type { SignedIn } from '../wire.ts';
import { Refused, request } from './http.ts';
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

/** Who came back: with a code, or with that of a refusal. */
export interface Return {
  code: string;
  error: string;
  secret: string;
  next: string;
}

/** Takes what the address says, once: on the way back, else null. */
export function takeReturn(): Return | null {
  const said = new URLSearchParams(location.hash.slice(1));
  const [code, error] = [said.get('code') ?? '', said.get('error') ?? ''];
  if (!code && !error) return null;
  history.replaceState(null, '', location.pathname);
  const { secret = '', next = '/' } = JSON.parse(sessionStorage.getItem(KEY) ?? '{}') as { secret?: string; next?: string };
  sessionStorage.removeItem(KEY);
  return { code, error, secret, next };
}

/** Signs in whoever came back. Throws Refused. */
export async function finish({ code, error, secret }: Return): Promise<void> {
  if (error) throw new Refused({ code: error, message: '' }, 400);
  begin(await request<SignedIn>('/api/v1/users/oidc/exchange', { body: { code, secret } }), true);
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
}
