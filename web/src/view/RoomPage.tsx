// One stream: who it is, how the connection is, the chat, and the mood.

import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { Refused } from '../api/http.ts';
import { getStream } from '../api/streams.ts';
import { Room } from '../room/room.ts';
import type { StreamDetail } from '../wire.ts';
import { explain, words } from '../words/language.ts';
import { Composer } from './Composer.tsx';
import { ConnectionState } from './ConnectionState.tsx';
import { Empty } from './Empty.tsx';
import { MessageList } from './MessageList.tsx';
import { MoodPanel } from './MoodPanel.tsx';

const RETRY_MS = 5_000;

export function RoomPage({ streamId }: { streamId: string }) {
  const w = words.value;
  const stream = useSignal<StreamDetail | null>(null);
  const refused = useSignal<Refused | null>(null);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let gone = false;
    async function load() {
      try {
        const answer = await getStream(streamId);
        if (!gone) stream.value = answer;
      } catch (err) {
        if (gone) return;
        if (err instanceof Refused && err.status === 404) refused.value = err;
        else timer = setTimeout(() => void load(), RETRY_MS);
      }
    }
    void load();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [streamId]);

  const title = stream.value?.title;
  useEffect(() => {
    document.title = title ? `${title} · hubbub` : 'hubbub';
  }, [title]);

  if (refused.value) {
    return <Empty title={explain(w, refused.value.refusal)} hint={w.streamNotFoundHint} link />;
  }
  return <OpenRoom streamId={streamId} stream={stream.value} />;
}

function OpenRoom({ streamId, stream }: { streamId: string; stream: StreamDetail | null }) {
  const w = words.value;
  const room = useMemo(() => new Room(streamId), [streamId]);
  useEffect(() => () => room.close(), [room]);

  const viewers = room.viewers.value ?? stream?.viewerCount;
  return (
    <div class="room">
      <div class="room-head">
        <div class="room-title">
          <h1>
            <bdi>{stream?.title ?? '\u00a0'}</bdi>
          </h1>
          <p class="room-facts">
            {stream?.host?.name && (
              <span class="room-host">
                <bdi>{w.hostedBy(stream.host.name)}</bdi>
              </span>
            )}
            <span class={room.link.state.value.is === 'live' ? 'viewers' : 'viewers past'}>{viewers === undefined ? '\u00a0' : w.viewers(viewers)}</span>
          </p>
        </div>
        <ConnectionState link={room.link} opened={room.opened.value} />
      </div>
      <MoodPanel room={room} />
      <section class="chat" aria-label={w.chat}>
        <MessageList room={room} />
        {stream?.status === 'ended' ? <p class="ended">{w.streamEnded}</p> : <Composer room={room} />}
      </section>
    </div>
  );
}
