// The stream's video, where it has one: played here if the browser can, else a
// link. Nothing is fetched from elsewhere before the viewer asks for it.

import { useState } from 'preact/hooks';
import { playback } from '../../room/playback.ts';
import { words } from '../../words/language.ts';

const HLS = 'application/vnd.apple.mpegurl';

export function Video({ address }: { address: string }) {
  const w = words.value;
  const video = playback(address);
  const [failed, setFailed] = useState('');
  if (!video) return null;
  const plays = video.is === 'file' || (video.is === 'hls' && document.createElement('video').canPlayType(HLS) !== '');
  if (plays && failed !== video.src) {
    return (
      <video
        class="video"
        src={video.src}
        controls
        playsInline
        preload="none"
        aria-label={w.streamVideo}
        onError={() => setFailed(video.src)}
      />
    );
  }
  return (
    <p class="video-link">
      <a class="button" href={video.src} target="_blank" rel="noopener noreferrer nofollow">
        {w.watchAt(new URL(video.src).host)}
      </a>
    </p>
  );
}
