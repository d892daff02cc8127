// Who the viewer is: tokens in localStorage, shared by all tabs, renewed before
// they expire.

import { signal } from '@preact/signals';
import * as storage from '../storage.ts';
import { Refused, request } from './http.ts';

export interface User {
  id: string;
  name: string;
}

interface Tokens {
  accessToken: string;
  refreshToken: string;
}

interface Session extends Tokens {
  user: User;
  /** On this browser's clock, ms. */
  expiresAt: number;
}

const KEY = 'hubbub.session';
/** Renewed when less than this is left. */
const MARGIN_MS = 60_000;

export const user = signal<User | null>(load()?.user ?? null);
/** The sign-in ended by itself; the page says so until the next one. */
export const ended = signal(false);

let renewal: ReturnType<typeof setTimeout> | undefined;
schedule();

addEventListener('storage', (event) => {
  if (event.key === KEY) adopt();
});

export async function signInAsGuest(name: string): Promise<void> {
  const answer = await request<Tokens & { user?: Partial<User> }>('/api/v1/users/guest', { body: { name } });
  const claims = parseClaims(answer.accessToken);
  save({
    accessToken: answer.accessToken,
    refreshToken: answer.refreshToken,
    user: { id: answer.user?.id ?? claims.sub, name: answer.user?.name ?? claims.name ?? name },
    expiresAt: expiry(claims),
  });
  ended.value = false;
}

export async function signOut(): Promise<void> {
  const session = load();
  drop();
  if (!session) return;
  // Best effort: without an answer the tokens expire by themselves.
  await request('/api/v1/users/logout', {
    body: { refreshToken: session.refreshToken },
    token: session.accessToken,
  }).catch(() => undefined);
}

/**
 * A token that is good for now, or null for an anonymous viewer. `refused` is
 * one that the server would not take. Throws Refused when the API is not reached.
 */
export async function accessToken(refused?: string): Promise<string | null> {
  const session = load();
  if (!session) return null;
  if (session.accessToken !== refused && session.expiresAt - Date.now() > MARGIN_MS) return session.accessToken;
  return exclusively(() => renew(refused));
}

async function renew(refused?: string): Promise<string | null> {
  const session = load(); // another tab may have renewed it meanwhile
  if (!session) return null;
  if (session.accessToken !== refused && session.expiresAt - Date.now() > MARGIN_MS) return session.accessToken;
  try {
    const tokens = await request<Tokens>('/api/v1/users/reissue', { body: { refreshToken: session.refreshToken } });
    save({ ...session, ...tokens, expiresAt: expiry(parseClaims(tokens.accessToken)) });
    return tokens.accessToken;
  } catch (err) {
    if (!(err instanceof Refused) || err.status < 400 || err.status >= 500 || err.status === 429) throw err;
    drop();
    ended.value = true;
    return null;
  }
}

/** Refresh tokens rotate, and using an old one ends the sign-in: one tab at a time. */
function exclusively<T>(work: () => Promise<T>): Promise<T> {
  if (!navigator.locks) return work(); // plain HTTP on another host
  return navigator.locks.request(KEY, work) as Promise<T>;
}

function load(): Session | null {
  try {
    return JSON.parse(storage.get(KEY) ?? 'null') as Session | null;
  } catch {
    return null;
  }
}

function save(session: Session) {
  storage.set(KEY, JSON.stringify(session));
  adopt();
}

function drop() {
  storage.set(KEY, null);
  adopt();
}

function adopt() {
  const next = load()?.user ?? null;
  if (next?.id !== user.value?.id) user.value = next;
  schedule();
}

function schedule() {
  clearTimeout(renewal);
  const session = load();
  if (!session) return;
  const wait = Math.max(5_000, session.expiresAt - Date.now() - MARGIN_MS);
  renewal = setTimeout(() => void accessToken().catch(schedule), Math.min(wait, 2 ** 31 - 1));
}

interface Claims {
  sub: string;
  name?: string;
  iat?: number;
  exp: number;
}

/** The token's lifetime counts, not its clock: the browser's may differ from the server's. */
function expiry(claims: Claims): number {
  return Date.now() + (claims.exp - (claims.iat ?? Date.now() / 1000)) * 1000;
}

function parseClaims(token: string): Claims {
  const part = (token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/');
  const bytes = Uint8Array.from(atob(part), (char) => char.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes)) as Claims;
}
