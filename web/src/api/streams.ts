// Streams: the list, one of them, their live viewer counts, and one's own.

import type { ChatMessage, Position, StreamCard, StreamDetail, StreamDraft, UserCount } from '../wire.ts';
import { request } from './http.ts';
import { asViewer } from './session.ts';

export interface StreamPage {
  streams: StreamCard[];
  hasNext: boolean;
}

export function listStreams(status: 'live' | 'ended', page: number): Promise<StreamPage> {
  return request(`/api/v1/streams?page=${page}&size=12&status=${status}`);
}

/** The streams of one host, live and ended, newest first. */
export function streamsOf(hostId: string, page: number): Promise<StreamPage> {
  return request(`/api/v1/streams?page=${page}&size=50&status=all&host=${encodeURIComponent(hostId)}`);
}

/** With what the viewer is in it, as `roles`. */
export function getStream(id: string): Promise<StreamDetail> {
  return asViewer(at(id));
}

export function createStream(draft: StreamDraft): Promise<StreamDetail> {
  return asViewer('/api/v1/streams', { body: draft });
}

export function changeStream(id: string, change: Partial<StreamDraft> & { status?: 'ended' }): Promise<StreamDetail> {
  return asViewer(at(id), { method: 'PATCH', body: change });
}

export async function deleteStream(id: string): Promise<void> {
  await asViewer(at(id), { method: 'DELETE' });
}

/** The oldest messages after a position; of what was removed, without text. */
export async function messagesAfter(id: string, after: Position): Promise<(ChatMessage & { position: Position })[]> {
  return (await asViewer<{ messages: (ChatMessage & { position: Position })[] }>(`${at(id)}/messages?after=${encodeURIComponent(after)}&limit=200`)).messages;
}

/** Asks for a summary of what was said since the last; it comes over the room's connection, if something was. */
export async function summarise(id: string): Promise<void> {
  await asViewer(`${at(id)}/summary`, { method: 'POST' });
}

function at(id: string): string {
  return `/api/v1/streams/${encodeURIComponent(id)}`;
}

/** Counts are handed on this often at most. */
const GATHER_MS = 500;

/**
 * Calls onCounts with what changed until the returned function is called. While
 * the tab is hidden it listens to nothing: browsers allow few connections to a
 * server, and tabs share them. The browser reconnects by itself.
 */
export function watchCounts(ids: readonly string[], onCounts: (counts: ReadonlyMap<string, number>) => void): () => void {
  let source: EventSource | null = null;
  let gathered = new Map<string, number>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  function tell() {
    timer = undefined;
    const counts = gathered;
    gathered = new Map();
    onCounts(counts);
  }
  function listen() {
    const visible = document.visibilityState === 'visible';
    if (visible === (source !== null)) return;
    source?.close();
    source = null;
    if (!visible) return;
    source = new EventSource(`/api/v1/streams/subscribe?ids=${ids.map(encodeURIComponent).join(',')}`);
    source.addEventListener('userCountUpdate', (event) => {
      const { streamId, userCount } = JSON.parse((event as MessageEvent<string>).data) as UserCount;
      gathered.set(streamId, userCount);
      timer ??= setTimeout(tell, GATHER_MS);
    });
  }
  listen();
  document.addEventListener('visibilitychange', listen);
  return () => {
    document.removeEventListener('visibilitychange', listen);
    clearTimeout(timer);
    source?.close();
  };
}
