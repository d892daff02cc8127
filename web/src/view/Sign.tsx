/** The sign of hubbub: a bubble with a sound in it. */
export function Sign() {
  return (
    <svg class="sign" viewBox="0 0 32 32" aria-hidden="true">
      <path class="sign-bubble" d="M6 4h20a4 4 0 0 1 4 4v12a4 4 0 0 1-4 4H14l-7 6v-6H6a4 4 0 0 1-4-4V8a4 4 0 0 1 4-4Z" />
      <path class="sign-bars" d="M9 12v4M14 9v10M19 11v6M24 13v2" />
    </svg>
  );
}
