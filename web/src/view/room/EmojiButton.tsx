import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { words } from '../../words/language.ts';
import { lazy } from '../lazy.tsx';

const EmojiPicker = lazy(() => import('./EmojiPicker.tsx').then((m) => m.EmojiPicker));

/** Opens the picker, whose script comes with it. onClose: by key; the focus has to go somewhere. */
export function EmojiButton({ onPick, onClose }: { onPick: (emoji: string) => void; onClose: () => void }) {
  const w = words.value;
  const open = useSignal(false);
  const place = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (!open.value) return;
    const outside = (event: Event) => place.current?.contains(event.target as Node) || (open.value = false);
    document.addEventListener('pointerdown', outside);
    document.addEventListener('focusin', outside);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('focusin', outside);
    };
  }, [open.value]);

  return (
    <div
      class="emoji"
      ref={place}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open.value) return;
        event.stopPropagation();
        open.value = false;
        onClose();
      }}
    >
      <button
        type="button"
        class="quiet emoji-button"
        aria-label={w.emoji}
        title={w.emoji}
        aria-haspopup="dialog"
        aria-expanded={open.value}
        onClick={() => (open.value = !open.value)}
      >
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
          <circle cx="12" cy="12" r="9" />
          <path d="M8.5 14.5c1.8 2.4 5.2 2.4 7 0M9 9.5v.5M15 9.5v.5" />
        </svg>
      </button>
      {open.value && <EmojiPicker onPick={onPick} />}
    </div>
  );
}
