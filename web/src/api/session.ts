// Who the viewer is: tokens in localStorage, shared by all tabs, renewed before
// they expire.

import { signal } from '@preact/signals';
import * as storage from '../storage.ts';
import type { SignedIn, Tokens, User } from '../wire.ts';
import { Refused, request, type Init } from './http.ts';

interface Session extends Tokens {
  user: User;
  /** Signed in by a provider: most likely without a password here. */
  byProvider?: boolean;
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

/** Without an account: a name is enough. */
export async function signInAsGuest(name: string): Promise<void> {
  begin(await request('/api/v1/users/guest', { body: { name } }));
}

/** Goes on as whom the answer names. */
export function begin(answer: SignedIn, byProvider = false) {
  save({
    accessToken: answer.accessToken,
    refreshToken: answer.refreshToken,
    user: answer.user,
    byProvider,
    expiresAt: expiry(parseClaims(answer.accessToken)),
  });
  ended.value = false;
}

/** What the server knows of the viewer by now: a new name, another role. */
export function know(now: User) {
  const session = load();
  if (session?.user.id === now.id) save({ ...session, user: now });
}

export function cameByProvider(): boolean {
  return load()?.byProvider ?? false;
}

export function isGuest(who: User | null): boolean {
  return who?.roles?.includes('guest') ?? false;
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

/** Forgets the tokens, of an account that is no more. */
export function drop() {
  storage.set(KEY, null);
  adopt();
}

/** A request as whoever is signed in; a token that is not taken is renewed, once. Throws Refused. */
export async function asViewer<T>(path: string, init: Init = {}): Promise<T> {
  const token = await accessToken();
  try {
    return await request<T>(path, { ...init, token });
  } catch (err) {
    if (!token || !(err instanceof Refused) || !/^(token|session)_/.test(err.refusal.code)) throw err;
    const renewed = await accessToken(token);
    if (!renewed) throw err;
    return request<T>(path, { ...init, token: renewed });
  }
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

/** Makes the next token now: it carries the name and the roles of now. */
export async function refresh(): Promise<void> {
  await accessToken(load()?.accessToken);
}

async function renew(refused?: string): Promise<string | null> {
  const session = load(); // another tab may have renewed it meanwhile
  if (!session) return null;
  if (session.accessToken !== refused && session.expiresAt - Date.now() > MARGIN_MS) return session.accessToken;
  try {
    const tokens = await request<Tokens>('/api/v1/users/reissue', { body: { refreshToken: session.refreshToken } });
    save({ ...session, accessToken: tokens.accessToken, refreshToken: tokens.refreshToken, expiresAt: expiry(parseClaims(tokens.accessToken)) });
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

function adopt() {
  const now = load()?.user ?? null;
  if (JSON.stringify(now) !== JSON.stringify(user.value)) user.value = now;
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
