// Keeping order in a stream's room: what moderators and owners may ask for.

import type { Audited, Control, DryRun, Minute, Moderator, Order, Position } from '../wire.ts';
import { request } from './http.ts';
import { asViewer } from './session.ts';

const at = (id: string, what: string) => `/api/v1/streams/${encodeURIComponent(id)}/${what}`;

/** Done when it answers: what is sent later meets it. */
export function moderate(id: string, order: Order): Promise<{ position: Position; action: Control }> {
  return asViewer(at(id, 'moderation'), { body: order });
}

export interface AuditPage {
  actions: Audited[];
  /** For the page before; absent or empty: this was the first. */
  before?: Position;
}

/** Newest first. */
export function audit(id: string, before: Position, limit: number): Promise<AuditPage> {
  return asViewer(at(id, `moderation?limit=${limit}${before && `&before=${encodeURIComponent(before)}`}`));
}

export async function moderators(id: string): Promise<Moderator[]> {
  return (await asViewer<{ moderators: Moderator[] | null }>(at(id, 'moderators'))).moderators ?? [];
}

/** By the name of an account. */
export async function addModerator(id: string, name: string): Promise<void> {
  await asViewer(at(id, 'moderators'), { body: { name } });
}

export async function removeModerator(id: string, userId: string): Promise<void> {
  await asViewer(at(id, `moderators/${encodeURIComponent(userId)}`), { method: 'DELETE' });
}

export async function blockedWords(id: string): Promise<string[]> {
  return (await asViewer<{ words: string[] | null }>(at(id, 'words'))).words ?? [];
}

export async function setBlockedWords(id: string, words: readonly string[]): Promise<void> {
  await asViewer(at(id, 'words'), { method: 'PUT', body: { words } });
}

/** What such a list would have refused of the newest messages; changes nothing. */
export function checkWords(id: string, words: readonly string[]): Promise<DryRun> {
  return asViewer(at(id, 'words/check'), { body: { words } });
}

/** Times in ms since the epoch; a day at most. */
export async function analysisMinutes(id: string, from: number, to: number): Promise<Minute[]> {
  const range = `from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`;
  return (await request<{ minutes?: Minute[] | null }>(at(id, `analysis?${range}`))).minutes ?? [];
}
