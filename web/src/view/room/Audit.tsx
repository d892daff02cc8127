// Who did what to whom, when and why: the control records of the room, newest
// first, with the way back from a ban.

import { useSignal } from '@preact/signals';
import { audit } from '../../api/moderation.ts';
import { unban } from '../../room/moderate.ts';
import type { Room } from '../../room/room.ts';
import type { Audited } from '../../wire.ts';
import { language, words } from '../../words/language.ts';
import type { Words } from '../../words/words.ts';
import { useForm } from '../useForm.ts';
import { Asked, useAsked } from './Asked.tsx';
import { fullTime } from './clock.ts';

const PAGE = 30;

export function Audit({ room }: { room: Room }) {
  const first = useAsked(() => audit(room.id, '', PAGE));
  return (
    <Asked of={first}>
      {({ actions, before }) => <Actions key={actions[0]?.position ?? ''} room={room} newest={actions} before={before ?? ''} onLook={first.again} />}
    </Asked>
  );
}

interface Props {
  room: Room;
  newest: readonly Audited[];
  before: string;
  /** Asks for what is newer. */
  onLook: () => Promise<void>;
}

function Actions({ room, newest, before, onLook }: Props) {
  const w = words.value;
  const older = useSignal<{ actions: readonly Audited[]; before: string }>({ actions: [], before: newest.length < PAGE ? '' : before });
  const more = useForm(async () => {
    const page = await audit(room.id, older.value.before, PAGE);
    const end = page.actions.length < PAGE;
    older.value = { actions: [...older.value.actions, ...page.actions], before: end ? '' : (page.before ?? '') };
  });
  const all = [...newest, ...older.value.actions];
  return (
    <>
      <button class="quiet" onClick={() => void onLook()}>
        {w.lookAgain}
      </button>
      {all.length === 0 && <p class="note">{w.auditNone}</p>}
      <ol class="audit">
        {all.map((action) => (
          <li key={action.position}>
            <p dir="auto">{tell(action, w)}</p>
            <p class="note">
              <time dateTime={action.at}>{fullTime(action.at, language.value)}</time>
              {action.reason && <> · {action.reason}</>}
            </p>
            {action.userId && room.bars.value.has(action.userId) && action.action !== 'unban' && (
              <button class="quiet" onClick={() => void unban(room, { id: action.userId!, name: nameOf(action) })}>
                {w.unbanNamed(nameOf(action))}
              </button>
            )}
          </li>
        ))}
      </ol>
      {older.value.before && (
        <button class="button" aria-disabled={more.busy} onClick={more.submit}>
          {w.loadMore}
        </button>
      )}
      {more.problem('') && <p class="note bad">{more.problem('')}</p>}
    </>
  );
}

function nameOf({ userName, userId }: Audited): string {
  return userName || userId || '';
}

function tell(action: Audited, w: Words): string {
  const by = action.byName || action.by || '?';
  const whom = nameOf(action);
  switch (action.action) {
    case 'delete':
      return w.audit.delete(by, whom);
    case 'clear':
      return w.audit.clear(by);
    case 'timeout':
      return w.audit.timeout(by, whom, w.duration(action.seconds ?? 0));
    case 'ban':
      return w.audit.ban(by, whom);
    case 'unban':
      return w.audit.unban(by, whom);
    case 'settings':
      return w.audit.settings(by, w.settingsNow(action.settings?.chat || 'open', action.settings?.slowSeconds ?? 0));
    case 'stream':
      return action.stream?.status === 'ended' ? w.audit.ended(by) : w.audit.stream(by, action.stream?.title ?? '');
    case 'roles':
      return (action.roles ?? []).includes('moderator') ? w.audit.named(by, whom) : w.audit.released(by, whom);
    case 'words':
      return w.audit.words(by);
    default:
      return `${by}: ${action.action}`;
  }
}
