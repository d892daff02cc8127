import { countdown } from '../../room/countdown.ts';
import type { Hindrance } from '../../room/rules.ts';
import { signInLink } from '../../route.ts';
import { words } from '../../words/language.ts';

/** Why the viewer may not write, and until when; the text in the box stays. */
export function Hindered({ hindrance: { code, until, reason } }: { hindrance: Hindrance }) {
  const w = words.value;
  const text = `${w.codes[code]}${reason ? ` ${w.reasonGiven(reason)}` : ''}`;
  return (
    <>
      {text}
      {/* The countdown is for eyes; ears hear of it once. */}
      {until < Infinity && <span aria-hidden="true"> {w.writeAgainIn(countdown(until - Date.now()))}</span>}
      {code === 'accounts_only' && (
        <>
          {' '}
          <a class="text-link" href={signInLink()}>
            {w.haveAccount}
          </a>
        </>
      )}
    </>
  );
}
