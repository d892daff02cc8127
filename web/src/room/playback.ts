// What can be done with the address of a stream's video.

export type Playback =
  /** A file that browsers play. */
  | { is: 'file'; src: string }
  /** A playlist that some browsers play. */
  | { is: 'hls'; src: string }
  /** A page to be opened. */
  | { is: 'link'; src: string };

/** null: there is no video, or its address is not one of the web. */
export function playback(address: string | undefined): Playback | null {
  if (!address || !URL.canParse(address)) return null;
  const url = new URL(address);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
  if (/\.(mp4|webm)$/i.test(url.pathname)) return { is: 'file', src: url.href };
  if (/\.m3u8$/i.test(url.pathname)) return { is: 'hls', src: url.href };
  return { is: 'link', src: url.href };
}
