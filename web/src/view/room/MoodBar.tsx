import type { Share } from '../../room/mood.ts';

/** Shares as a bar, for eyes; the figures stand beside it, or nowhere. */
export function MoodBar({ shares }: { shares: readonly Share[] }) {
  return (
    <div class="bar" aria-hidden="true">
      {shares.map(({ mood, count }) => (
        <span key={mood} class={`share share-${mood}`} style={{ flexGrow: count, minWidth: count > 0 ? '3px' : '0' }} />
      ))}
    </div>
  );
}
