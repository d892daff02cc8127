import type { Words } from '../../words/words.ts';

const ROLES = ['owner', 'moderator', 'admin', 'bot', 'demo', 'guest'] as const;

/** What somebody is in this room; the words come from the server, not from the name. */
export function Badges({ roles, words: w }: { roles: readonly string[]; words: Words }) {
  return (
    <>
      {ROLES.filter((role) => roles.includes(role)).map((role) => (
        <span key={role} class={`badge badge-${role}`}>
          {w[role]}
        </span>
      ))}
    </>
  );
}
