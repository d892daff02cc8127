// A form: what is missing or was refused, in which field, and whether it is on
// its way. What is wrong is said beside the field, and the focus goes there.

import { useSignal, type Signal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { Refused } from '../api/http.ts';
import type { Refusal } from '../wire.ts';
import { explain, words } from '../words/language.ts';

export interface Form {
  readonly busy: boolean;
  /** It was sent and taken; until something is typed. */
  readonly done: boolean;
  /** What is wrong with a field, or, with '', with no field alone. */
  problem(field: string): string | undefined;
  /** Sends it; onSubmit does, and who has nothing to fill in. */
  submit(): void;
  /** For the form element. */
  readonly props: { ref: { current: HTMLFormElement | null }; noValidate: true; onSubmit(event: Event): void; onInput(): void };
}

/** What the page itself finds wrong before it sends anything: thrown by work. */
export class Wrong extends Error {
  readonly field: string;
  readonly code: string;

  constructor(field: string, code: string) {
    super(code);
    this.field = field;
    this.code = code;
  }
}

/** A link to somewhere, or nothing. Throws Wrong. */
export function link(field: string, text: string): string {
  const url = text.trim();
  if (url && !(/^https?:\/\/[^/]/i.test(url) && URL.canParse(url))) throw new Wrong(field, 'url_invalid');
  return url;
}

/** fieldOf: which field a code is about. */
export function useForm(work: () => Promise<void>, fieldOf: Record<string, string> = {}): Form {
  const busy = useSignal(false);
  const done = useSignal(false);
  const wrong: Signal<{ field: string; why: Refusal } | null> = useSignal(null);
  const form = useRef<HTMLFormElement>(null);

  function refuse(field: string, why: Refusal) {
    wrong.value = { field, why };
    if (field) setTimeout(() => show(form.current?.querySelector<HTMLElement>(`[name="${field}"]`))); // once it is marked
  }
  async function submit() {
    if (busy.value) return;
    done.value = false;
    wrong.value = null;
    const needed = form.current?.querySelectorAll<HTMLInputElement>('[required]') ?? [];
    const empty = [...needed].find((input) => input.value.trim() === '');
    if (empty) return refuse(empty.name, { code: 'missing', message: '' });
    busy.value = true;
    try {
      await work();
      done.value = true;
    } catch (err) {
      if (err instanceof Wrong) return refuse(err.field, { code: err.code, message: '' });
      if (!(err instanceof Refused)) throw err;
      refuse(fieldOf[err.refusal.code] ?? '', err.refusal);
    } finally {
      busy.value = false;
    }
  }
  return {
    get busy() {
      return busy.value;
    },
    get done() {
      return done.value;
    },
    submit: () => void submit(),
    problem: (field) => (wrong.value?.field === field ? explain(words.value, wrong.value.why) : undefined),
    props: {
      ref: form,
      noValidate: true,
      onSubmit(event) {
        event.preventDefault();
        void submit();
      },
      onInput: () => (done.value = false),
    },
  };
}

function show(input: HTMLElement | null | undefined) {
  input?.closest('details')?.setAttribute('open', '');
  input?.focus();
}
