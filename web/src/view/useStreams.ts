// A list of streams that grows page by page, stays fresh, and has live counts.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { watchCounts, type StreamPage } from '../api/streams.ts';
import type { StreamCard } from '../wire.ts';

/** The newest streams show up without a reload. */
const REFRESH_MS = 30_000;

export interface Streams {
  /** null until they are known. */
  list: readonly StreamCard[] | null;
  failed: boolean;
  hasMore: boolean;
  more(): void;
  reload(): Promise<void>;
}

export function useStreams(read: (page: number) => Promise<StreamPage>): Streams {
  const known = useSignal<StreamPage | null>(null);
  const failed = useSignal(false);
  const pages = useSignal(1);

  async function reload() {
    try {
      const streams: StreamCard[] = [];
      let hasNext = true;
      for (let page = 0; hasNext && page < pages.value; page++) {
        const answer = await read(page);
        streams.push(...answer.streams);
        hasNext = answer.hasNext;
      }
      known.value = { streams, hasNext };
      failed.value = false;
    } catch {
      failed.value = true;
    }
  }
  useEffect(() => {
    void reload();
    const refreshing = setInterval(() => document.visibilityState === 'visible' && void reload(), REFRESH_MS);
    return () => clearInterval(refreshing);
  }, [pages.value]);

  const list = known.value?.streams ?? null;
  const live = (list ?? []).filter((stream) => stream.status !== 'ended').map((stream) => stream.id);
  useEffect(() => {
    if (live.length === 0) return;
    return watchCounts(live, (counts) => {
      if (!known.value) return;
      const streams = known.value.streams.map((stream) => ({ ...stream, viewerCount: counts.get(stream.id) ?? stream.viewerCount }));
      known.value = { ...known.value, streams };
    });
  }, [live.join()]);

  return { list, failed: failed.value, hasMore: known.value?.hasNext ?? false, more: () => pages.value++, reload };
}
