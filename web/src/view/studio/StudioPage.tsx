// One's own streams: opened, described, ended, deleted.

import { useSignal } from '@preact/signals';
import { isGuest, user } from '../../api/session.ts';
import { site } from '../../api/site.ts';
import { changeStream, createStream, deleteStream, streamsOf } from '../../api/streams.ts';
import { go, signInLink } from '../../route.ts';
import type { Site, StreamCard, User } from '../../wire.ts';
import { words } from '../../words/language.ts';
import { Confirm } from '../Confirm.tsx';
import { Empty } from '../Empty.tsx';
import { Heading } from '../Heading.tsx';
import { useStreams } from '../useStreams.ts';
import { StreamForm } from './StreamForm.tsx';
import { StreamRow } from './StreamRow.tsx';

export function StudioPage() {
  const w = words.value;
  const me = user.value;
  return (
    <div class="sheet">
      <div class="sheet-head">
        <div>
          <Heading title={w.myStreams} />
          <p class="lead">{w.studioText}</p>
        </div>
      </div>
      {me ? (
        <Studio key={me.id} me={me} />
      ) : (
        <Empty title={w.studioNobody} hint={w.studioNobodyHint}>
          <a class="button primary" href={signInLink()}>
            {w.signIn}
          </a>
        </Empty>
      )}
    </div>
  );
}

function Studio({ me }: { me: User }) {
  const w = words.value;
  const streams = useStreams((page) => streamsOf(me.id, page));
  const asking = useSignal<{ about: StreamCard; what: 'end' | 'delete' } | null>(null);
  const mine = streams.list?.filter((stream) => stream.hostId === me.id);
  const allowed = site();

  async function confirmed() {
    const { about, what } = asking.value!;
    if (what === 'end') await changeStream(about.id, { status: 'ended' });
    else await deleteStream(about.id);
    await streams.reload();
  }
  return (
    <>
      {allowed && (mayCreate(me, allowed) ? <Create /> : <MayNot me={me} allowed={allowed} />)}
      <section class="panel" aria-labelledby="mine-title">
        <h2 id="mine-title" tabIndex={-1}>
          {w.yourStreams}
        </h2>
        {streams.failed && (
          <p class="note bad">
            {w.streamsFailed}{' '}
            <button class="quiet" onClick={() => void streams.reload()}>
              {w.tryAgain}
            </button>
          </p>
        )}
        {mine?.length === 0 && !streams.failed && <p class="note">{w.noneYours}</p>}
        <ul class="rows">
          {mine?.map((stream) => (
            <StreamRow
              key={stream.id}
              stream={stream}
              onChanged={streams.reload}
              onEnd={() => (asking.value = { about: stream, what: 'end' })}
              onDelete={() => (asking.value = { about: stream, what: 'delete' })}
            />
          ))}
        </ul>
        {streams.hasMore && (
          <button class="button more" onClick={streams.more}>
            {w.loadMore}
          </button>
        )}
      </section>
      {asking.value && (
        <Confirm
          key={asking.value.what + asking.value.about.id}
          title={asking.value.what === 'end' ? w.endQuestion(asking.value.about.title) : w.deleteQuestion(asking.value.about.title)}
          text={asking.value.what === 'end' ? w.endText : w.deleteText}
          action={asking.value.what === 'end' ? w.endStream : w.deleteStream}
          onConfirm={confirmed}
          onClose={() => {
            asking.value = null;
            // The button that asked may be gone with its stream.
            setTimeout(() => document.activeElement === document.body && document.getElementById('mine-title')?.focus());
          }}
        />
      )}
    </>
  );
}

function mayCreate(me: User, { createStreams }: Site): boolean {
  if (me.roles?.includes('admin')) return true;
  return createStreams === 'guests' || (createStreams === 'accounts' && !isGuest(me));
}

function MayNot({ me, allowed }: { me: User; allowed: Site }) {
  const w = words.value;
  return (
    <section class="panel">
      <p>{allowed.createStreams === 'admin' ? w.onlyAdminsCreate : w.onlyAccountsCreate}</p>
      {allowed.createStreams === 'accounts' && isGuest(me) && allowed.signup && (
        <a class="button primary" href="/signup?next=/studio">
          {w.signUp}
        </a>
      )}
    </section>
  );
}

/** Opens a stream, and leads into its room. */
function Create() {
  const w = words.value;
  return (
    <section class="panel" aria-labelledby="create-title">
      <h2 id="create-title">{w.startStream}</h2>
      <StreamForm
        label={w.goLive}
        onSend={async (draft) => {
          const { id } = await createStream(draft);
          go(`/s/${id}`);
        }}
      />
    </section>
  );
}
