// The first page: what is live, with live counts.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { listStreams, watchCounts } from '../api/streams.ts';
import { hue } from '../room/hue.ts';
import type { StreamCard } from '../wire.ts';
import { words } from '../words/language.ts';
import { Empty } from './Empty.tsx';

/** The newest streams show up without a reload. */
const REFRESH_MS = 30_000;

export function StreamList() {
  const w = words.value;
  const streams = useSignal<readonly StreamCard[] | null>(null);
  const failed = useSignal(false);
  const pages = useSignal(1);
  const more = useSignal(false);

  async function load() {
    try {
      const all: StreamCard[] = [];
      for (let page = 0; page < pages.value; page++) {
        const answer = await listStreams(page);
        all.push(...answer.streams);
        more.value = answer.hasNext;
        if (!answer.hasNext) break;
      }
      streams.value = all;
      failed.value = false;
    } catch {
      failed.value = true;
    }
  }

  useEffect(() => {
    document.title = `hubbub · ${w.liveNow}`;
  }, [w]);

  useEffect(() => {
    void load();
    const refreshing = setInterval(() => document.visibilityState === 'visible' && void load(), REFRESH_MS);
    return () => clearInterval(refreshing);
  }, [pages.value]);

  const ids = streams.value?.map((stream) => stream.id).join(',') ?? '';
  useEffect(() => {
    if (!ids) return;
    return watchCounts(ids.split(','), ({ streamId, userCount }) => {
      streams.value =
        streams.value?.map((stream) => (stream.id === streamId ? { ...stream, viewerCount: userCount } : stream)) ?? null;
    });
  }, [ids]);

  return (
    <section class="streams" aria-labelledby="live-now">
      <div class="streams-head">
        <h1 id="live-now">{w.liveNow}</h1>
        <p>{w.tagline}</p>
      </div>
      {streams.value === null && !failed.value && <Empty title={w.streamsLoading} />}
      {failed.value && (
        <Empty title={w.streamsFailed}>
          <button class="button" onClick={() => void load()}>
            {w.tryAgain}
          </button>
        </Empty>
      )}
      {streams.value?.length === 0 && !failed.value && <Empty title={w.noStreams} hint={w.noStreamsHint} />}
      <ul class="cards">{streams.value?.map((stream) => <Card key={stream.id} stream={stream} />)}</ul>
      {more.value && (
        <button class="button" onClick={() => pages.value++}>
          {w.loadMore}
        </button>
      )}
    </section>
  );
}

function Card({ stream }: { stream: StreamCard }) {
  const w = words.value;
  return (
    <li>
      <a class="card" href={`/s/${stream.id}`}>
        <span class={`card-art ${hue(stream.id)}`} aria-hidden="true">
          {[...stream.title][0]}
        </span>
        <span class="card-text">
          <span class="card-title">
            <bdi>{stream.title}</bdi>
          </span>
          {stream.hostname && (
            <span class="card-host">
              <bdi>{w.hostedBy(stream.hostname)}</bdi>
            </span>
          )}
          <span class="card-count">
            <span class="dot" aria-hidden="true" />
            {w.viewers(stream.viewerCount)}
          </span>
        </span>
      </a>
    </li>
  );
}
