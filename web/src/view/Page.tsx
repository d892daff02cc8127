// The frame around every page: header, what the address asks for, sign-in.

import { useSignal, useSignalEffect } from '@preact/signals';
import { signOut, user } from '../api/session.ts';
import { followLinks, route } from '../route.ts';
import { choose, language, languages, words, type Language } from '../words/language.ts';
import { Empty } from './Empty.tsx';
import { RoomPage } from './RoomPage.tsx';
import { Sign } from './Sign.tsx';
import { SignInDialog } from './SignIn.tsx';
import { StreamList } from './StreamList.tsx';

export function Page() {
  const w = words.value;
  const at = route.value;
  return (
    <div class={`page page-${at.page}`} onClick={followLinks}>
      <a class="skip" href="#main" target="_self">
        {w.skipToContent}
      </a>
      <Header />
      <main id="main" tabIndex={-1}>
        {at.page === 'streams' && <StreamList />}
        {at.page === 'room' && <RoomPage key={at.streamId} streamId={at.streamId} />}
        {at.page === 'unknown' && <Empty title={w.pageNotFound} link />}
      </main>
    </div>
  );
}

function Header() {
  const w = words.value;
  const signingIn = useSignal(false);
  useSignalEffect(() => {
    if (user.value) signingIn.value = false;
  });
  return (
    <header class="top">
      <a class="brand" href="/" title={w.allStreams}>
        <Sign />
        hubbub
      </a>
      <LanguageSwitch />
      {user.value ? (
        <>
          <span class="me" title={w.signedInAs(user.value.name)}>
            <bdi>{user.value.name}</bdi>
          </span>
          <button class="quiet" onClick={() => void signOut()}>
            {w.signOut}
          </button>
        </>
      ) : (
        <button class="quiet" onClick={() => (signingIn.value = true)}>
          {w.signIn}
        </button>
      )}
      {signingIn.value && <SignInDialog onClose={() => (signingIn.value = false)} />}
    </header>
  );
}

function LanguageSwitch() {
  return (
    <label class="language">
      <span class="unseen">{words.value.switchLanguage}</span>
      <select value={language.value} onChange={(event) => choose(event.currentTarget.value as Language)}>
        {Object.entries(languages).map(([tag, w]) => (
          <option key={tag} value={tag} lang={tag}>
            {w.languageName}
          </option>
        ))}
      </select>
    </label>
  );
}
