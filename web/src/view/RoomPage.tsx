// One stream: who it is, how the connection is, its video, the chat, the mood,
// and for those who run it or moderate it, their tools.

import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { Refused } from '../api/http.ts';
import { user } from '../api/session.ts';
import { getStream } from '../api/streams.ts';
import { insertMention } from '../room/mention.ts';
import { Room } from '../room/room.ts';
import { moderates } from '../room/rules.ts';
import type { StreamDetail } from '../wire.ts';
import { explain, words } from '../words/language.ts';
import { Composer } from './Composer.tsx';
import { ConnectionState } from './ConnectionState.tsx';
import { Empty } from './Empty.tsx';
import { useTitle } from './Heading.tsx';
import { lazy } from './lazy.tsx';
import { MessageList } from './MessageList.tsx';
import { MoodPanel } from './MoodPanel.tsx';
import { SummaryPanel } from './SummaryPanel.tsx';
import { DemoSwitch } from './room/DemoSwitch.tsx';
import { Video } from './room/Video.tsx';
import { write } from './room/write.ts';

const Tools = lazy(() => import('./room/Tools.tsx').then((m) => m.Tools));

const RETRY_MS = 5_000;
/** When a stream is gone, its viewers ask again, but not all in the same instant. */
const SPREAD_MS = 3_000;

export function RoomPage({ streamId }: { streamId: string }) {
  const w = words.value;
  const room = useMemo(() => new Room(streamId), [streamId]);
  useEffect(() => () => room.close(), [room]);
  const { stream, refused, reload } = useStream(room);
  useTitle(stream?.title);

  if (refused) return <Empty title={explain(w, refused.refusal)} hint={w.streamNotFoundHint} link />;
  return <OpenRoom room={room} stream={stream} reload={reload} />;
}

/** The stream as the viewer may see it, again after each change and for each viewer. */
function useStream(room: Room) {
  const stream = useSignal<StreamDetail | null>(null);
  const refused = useSignal<Refused | null>(null);
  const me = user.value?.id;
  const doubts = room.doubts.value;
  const shown = useRef(me);

  async function load(again?: (later: ReturnType<typeof setTimeout>) => void, gone?: () => boolean) {
    try {
      const answer = await getStream(room.id);
      if (gone?.()) return;
      stream.value = answer;
      room.learn(answer);
    } catch (err) {
      if (gone?.()) return;
      if (err instanceof Refused && err.status === 404) refused.value = err;
      else again?.(setTimeout(() => void load(again, gone), RETRY_MS));
    }
  }
  useEffect(() => {
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const start = () => void load((later) => (timer = later), () => over);
    const spread = doubts > 0 && shown.current === me;
    shown.current = me;
    if (spread) timer = setTimeout(start, Math.random() * SPREAD_MS);
    else start();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [room, me, doubts]);
  const known = stream.value && { ...stream.value, ...room.change.value };
  return { stream: known, refused: refused.value, reload: () => load() };
}

function OpenRoom({ room, stream, reload }: { room: Room; stream: StreamDetail | null; reload: () => Promise<void> }) {
  const w = words.value;
  const box = useRef<HTMLTextAreaElement>(null);
  const managing = useSignal(false);
  const keeper = user.value !== null && moderates(room.roles.value);
  const viewers = room.viewers.value ?? stream?.viewerCount;
  const video = stream?.status !== 'ended' && stream?.playbackUrl;
  return (
    <div class={video ? 'room with-video' : 'room'}>
      <div class="room-head">
        <div class="room-title">
          <h1>
            <bdi>{stream?.title ?? '\u00a0'}</bdi>
          </h1>
          <p class="room-facts">
            {stream?.demo && <span class="badge badge-demo">{w.demo}</span>}
            {stream?.host?.name && (
              <span class="room-host">
                <bdi>{w.hostedBy(stream.host.name)}</bdi>
              </span>
            )}
            <span class={room.link.state.value.is === 'live' ? 'viewers' : 'viewers past'}>{viewers === undefined ? '\u00a0' : w.viewers(viewers)}</span>
          </p>
        </div>
        {stream?.demo && <DemoSwitch streamId={room.id} />}
        {keeper && stream && (
          <button class="button manage" aria-haspopup="dialog" onClick={() => (managing.value = true)}>
            {w.manage}
          </button>
        )}
        <ConnectionState link={room.link} opened={room.opened.value} />
      </div>
      <div class="side">
        {video && <Video address={video} />}
        <MoodPanel room={room} />
        <SummaryPanel room={room} keeper={keeper && stream !== null && stream.status !== 'ended'} />
      </div>
      <section class="chat" aria-label={w.chat}>
        <MessageList
          room={room}
          onMention={(name) => write(room, box, (draft, caret) => insertMention(draft, caret, name))}
        />
        {stream?.status === 'ended' ? <p class="ended">{w.streamEnded}</p> : <Composer room={room} box={box} />}
      </section>
      {keeper && stream && managing.value && (
        <Tools room={room} stream={stream} onChanged={reload} onClose={() => (managing.value = false)} />
      )}
    </div>
  );
}
