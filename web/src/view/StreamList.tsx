// The first page: what is live, with live counts, and what was.

import { listStreams } from '../api/streams.ts';
import { query } from '../route.ts';
import { words } from '../words/language.ts';
import { Empty } from './Empty.tsx';
import { Heading } from './Heading.tsx';
import { StreamCardView } from './StreamCardView.tsx';
import { useStreams } from './useStreams.ts';

export function StreamList() {
  const status = query.value.get('show') === 'ended' ? 'ended' : 'live';
  return <List key={status} status={status} />;
}

function List({ status }: { status: 'live' | 'ended' }) {
  const w = words.value;
  const streams = useStreams((page) => listStreams(status, page));
  const empty = status === 'ended' ? [w.noEnded, w.noEndedHint] : [w.noStreams, w.noStreamsHint];
  return (
    <section class="streams" aria-labelledby="streams-title">
      <div class="streams-head">
        <div>
          <Heading id="streams-title" title={status === 'ended' ? w.endedStreams : w.liveNow} />
          <p>{w.tagline}</p>
        </div>
        <a class="button primary" href="/studio">
          {w.startStream}
        </a>
      </div>
      <nav class="tabs" aria-label={w.whichStreams}>
        <a href="/" aria-current={status === 'live' ? 'page' : undefined}>
          {w.liveNow}
        </a>
        <a href="/?show=ended" aria-current={status === 'ended' ? 'page' : undefined}>
          {w.endedStreams}
        </a>
      </nav>
      {streams.list === null && !streams.failed && <Empty title={w.streamsLoading} />}
      {streams.failed && (
        <Empty title={w.streamsFailed}>
          <button class="button" onClick={() => void streams.reload()}>
            {w.tryAgain}
          </button>
        </Empty>
      )}
      {streams.list?.length === 0 && !streams.failed && <Empty title={empty[0]!} hint={empty[1]!} />}
      <ul class="cards">{streams.list?.map((stream) => <StreamCardView key={stream.id} stream={stream} />)}</ul>
      {streams.hasMore && (
        <button class="button more" onClick={streams.more}>
          {w.loadMore}
        </button>
      )}
    </section>
  );
}
