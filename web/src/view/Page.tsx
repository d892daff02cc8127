// The frame around every page: header, what the address asks for.

import { useEffect, useRef } from 'preact/hooks';
import { followLinks, moved, route, type Route } from '../route.ts';
import { words } from '../words/language.ts';
import { Empty } from './Empty.tsx';
import { Header } from './Header.tsx';
import { lazy } from './lazy.tsx';
import { RoomPage } from './RoomPage.tsx';
import { StreamList } from './StreamList.tsx';

const SignInPage = lazy(() => import('./account/pages.tsx').then((m) => m.SignInPage));
const SignUpPage = lazy(() => import('./account/pages.tsx').then((m) => m.SignUpPage));
const ClaimPage = lazy(() => import('./account/pages.tsx').then((m) => m.ClaimPage));
const ResetPage = lazy(() => import('./account/pages.tsx').then((m) => m.ResetPage));
const ProfilePage = lazy(() => import('./account/ProfilePage.tsx').then((m) => m.ProfilePage));
const SettingsPage = lazy(() => import('./SettingsPage.tsx').then((m) => m.SettingsPage));
const Overlay = lazy(() => import('./Overlay.tsx').then((m) => m.Overlay));
const StudioPage = lazy(() => import('./studio/StudioPage.tsx').then((m) => m.StudioPage));

export function Page() {
  const w = words.value;
  const at = route.value;
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    // What had the focus is gone; a page with a Heading has put it there by itself.
    if (moved() && !main.current?.contains(document.activeElement)) main.current?.focus({ preventScroll: true });
  }, [at]);
  if (at.page === 'overlay') return <Overlay key={at.streamId} streamId={at.streamId} />;
  return (
    <div class={`page page-${at.page}`} onClick={followLinks}>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault(); // the address may carry a code
          main.current?.focus();
        }}
      >
        {w.skipToContent}
      </a>
      <Header />
      <main id="main" ref={main} tabIndex={-1}>
        <Content at={at} />
      </main>
    </div>
  );
}

function Content({ at }: { at: Route }) {
  switch (at.page) {
    case 'streams':
      return <StreamList />;
    case 'room':
      return <RoomPage key={at.streamId} streamId={at.streamId} />;
    case 'signin':
      return <SignInPage />;
    case 'signup':
      return <SignUpPage />;
    case 'claim':
      return <ClaimPage />;
    case 'reset':
      return <ResetPage />;
    case 'profile':
      return <ProfilePage />;
    case 'settings':
      return <SettingsPage />;
    case 'studio':
      return <StudioPage />;
    default:
      return <Empty title={words.value.pageNotFound} link />;
  }
}
