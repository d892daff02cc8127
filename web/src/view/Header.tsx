// The bar above every page: home, one's streams, settings, who one is.

import { user } from '../api/session.ts';
import { route, signInLink } from '../route.ts';
import { choose, language, languages, words, type Language } from '../words/language.ts';
import { Avatar } from './Avatar.tsx';
import { Sign } from './Sign.tsx';

export function Header() {
  const w = words.value;
  const me = user.value;
  const here = route.value.page;
  const current = (page: string) => (here === page ? 'page' : undefined);
  return (
    <header class={me ? 'top signed-in' : 'top'}>
      <a class="brand" href="/" title={w.allStreams}>
        <Sign />
        <span class="brand-name">hubbub</span>
      </a>
      <nav class="top-nav" aria-label={w.navigation}>
        {me && (
          <a class="top-link" href="/studio" aria-current={current('studio')}>
            <CameraIcon />
            <span class="top-label">{w.myStreams}</span>
          </a>
        )}
        <a class="top-link" href="/settings" aria-current={current('settings')}>
          <SettingsIcon />
          <span class="unseen">{w.settings}</span>
        </a>
        <LanguageSwitch />
        {me ? (
          <a class="top-link me" href="/profile" title={w.signedInAs(me.name)} aria-current={current('profile')}>
            <Avatar id={me.id} name={me.name} url={me.profileImageUrl} />
            <span class="unseen">{w.profile}: </span>
            <bdi class="me-name">{me.name}</bdi>
          </a>
        ) : (
          <a class="button" href={signInLink()} aria-current={current('signin')}>
            {w.signIn}
          </a>
        )}
      </nav>
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

/** Two sliders. */
function SettingsIcon() {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M4 8h8M16 8h4M4 16h4M12 16h8" />
      <circle cx="14" cy="8" r="2.2" />
      <circle cx="10" cy="16" r="2.2" />
    </svg>
  );
}

function CameraIcon() {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <rect x="3" y="7" width="12" height="10" rx="2.4" />
      <path d="m15 11 6-3v8l-6-3" />
    </svg>
  );
}
