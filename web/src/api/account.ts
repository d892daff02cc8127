// Accounts: making one, signing in to it, and what its holder may change.

import type { BotToken, Scope, SignedIn, User } from '../wire.ts';
import { request } from './http.ts';
import { asViewer, begin, drop, know, refresh } from './session.ts';

const ME = '/api/v1/users/me';

export async function signUp(username: string, password: string, name: string): Promise<void> {
  begin(await request<SignedIn>('/api/v1/users/signup', { body: { username, password, ...(name && { name }) } }));
}

export async function logIn(username: string, password: string): Promise<void> {
  begin(await request<SignedIn>('/api/v1/users/login', { body: { username, password } }));
}

/** Makes the first account of an installation, its admin's. */
export async function claim(code: string, username: string, password: string): Promise<void> {
  begin(await request<SignedIn>('/api/v1/users/claim', { body: { code, username, password } }));
}

/** Sets a new password with the code of a link from the operator. */
export async function resetPassword(code: string, password: string): Promise<void> {
  begin(await request<SignedIn>('/api/v1/users/reset', { body: { code, password } }));
}

/** Asks who the viewer is by now. */
export async function lookAtMe(): Promise<void> {
  know(await asViewer<User>(ME));
}

export async function changeProfile(change: { name?: string; profileImageUrl?: string }): Promise<void> {
  know(await asViewer<User>(ME, { method: 'PATCH', body: change }));
  await refresh(); // messages carry what the token says
}

export async function changePassword(currentPassword: string, newPassword: string): Promise<void> {
  begin(await asViewer<SignedIn>(`${ME}/password`, { body: { currentPassword, newPassword } }));
}

/** Erases the account and what it wrote, for good. */
export async function eraseAccount(password: string): Promise<void> {
  await asViewer(ME, { method: 'DELETE', body: password ? { password } : {} });
  drop();
}

export async function botTokens(): Promise<BotToken[]> {
  return (await asViewer<{ tokens: BotToken[] }>(`${ME}/tokens`)).tokens;
}

/** The answer alone has the token itself. */
export function makeBotToken(name: string, scopes: Scope[], days: number): Promise<BotToken & { token: string }> {
  return asViewer(`${ME}/tokens`, { body: { name, scopes, days } });
}

export async function revokeBotToken(id: string): Promise<void> {
  await asViewer(`${ME}/tokens/${encodeURIComponent(id)}`, { method: 'DELETE' });
}
