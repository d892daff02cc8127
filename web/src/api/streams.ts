// Streams: the list, one of them, and their live viewer counts.

import type { StreamCard, StreamDetail, UserCount } from '../wire.ts';
import { request } from './http.ts';

export interface StreamPage {
  streams: StreamCard[];
  hasNext: boolean;
}

export function listStreams(page: number): Promise<StreamPage> {
  return request(`/api/v1/streams?page=${page}&size=12&status=live`);
}

export function getStream(id: string): Promise<StreamDetail> {
  return request(`/api/v1/streams/${encodeURIComponent(id)}`);
}

/** Calls onCount for each change until the returned function is called. The browser reconnects by itself. */
export function watchCounts(ids: readonly string[], onCount: (count: UserCount) => void): () => void {
  const source = new EventSource(`/api/v1/streams/subscribe?ids=${ids.map(encodeURIComponent).join(',')}`);
  source.addEventListener('userCountUpdate', (event) => {
    onCount(JSON.parse((event as MessageEvent<string>).data) as UserCount);
  });
  return () => source.close();
}
