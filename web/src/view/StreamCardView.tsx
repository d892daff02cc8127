import { useState } from 'preact/hooks';
import { hue } from '../room/hue.ts';
import type { StreamCard } from '../wire.ts';
import { language, words } from '../words/language.ts';
import { Avatar, firstLetter } from './Avatar.tsx';

/** A stream in the list, all of it a link into its room. */
export function StreamCardView({ stream }: { stream: StreamCard }) {
  const w = words.value;
  const ended = stream.status === 'ended';
  return (
    <li>
      <a class={ended ? 'card past' : 'card'} href={`/s/${stream.id}`}>
        <Picture stream={stream} />
        <span class="card-text">
          {stream.hostname && <Avatar id={stream.hostId ?? stream.hostname} name={stream.hostname} url={stream.hostprofile} />}
          <span class="card-lines">
            <span class="card-title">
              <bdi>{stream.title}</bdi>
            </span>
            {stream.hostname && (
              <span class="card-host">
                <bdi>{w.hostedBy(stream.hostname)}</bdi>
              </span>
            )}
          </span>
          <span class="card-marks">
            <span class="card-mark">
              {!ended && <span class="dot" aria-hidden="true" />}
              {ended ? endedText(stream) : w.viewers(stream.viewerCount)}
            </span>
            {stream.demo && <span class="card-mark">{w.demo}</span>}
          </span>
        </span>
      </a>
    </li>
  );
}

/** What the streamer linked; without it, or without an answer, the title's first letter in a colour. */
function Picture({ stream }: { stream: StreamCard }) {
  const [broken, setBroken] = useState('');
  const url = stream.thumbnailUrl;
  return (
    <span class={`card-art ${hue(stream.id)}`} aria-hidden="true">
      {firstLetter(stream.title)}
      {url && url !== broken && <img src={url} alt="" loading="lazy" decoding="async" onError={() => setBroken(url)} />}
    </span>
  );
}

function endedText({ endedAt, createdAt }: StreamCard): string {
  const at = Date.parse(endedAt ?? createdAt ?? '');
  const day = Number.isNaN(at) ? '' : new Intl.DateTimeFormat(language.value, { dateStyle: 'medium' }).format(at);
  return words.value.endedOn(day);
}
