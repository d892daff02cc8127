import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { words } from '../words/language.ts';
import { Submit } from './Field.tsx';
import { useForm, type Form } from './useForm.ts';

interface Props {
  title: string;
  /** What will be, and that it cannot be undone. */
  text: string;
  /** Of the button that does it. */
  action: string;
  onConfirm: () => Promise<void>;
  onClose: () => void;
  fieldOf?: Record<string, string>;
  /** Fields that it needs. */
  fields?: (form: Form) => ComponentChildren;
}

/** Asks before something that cannot be undone. The browser keeps the focus inside. */
export function Confirm(props: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const close = () => dialog.current?.close(); // which gives the focus back, and onClose
  const form = useForm(async () => {
    await props.onConfirm();
    close();
  }, props.fieldOf);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      onClose={props.onClose}
      onClick={(event) => event.target === dialog.current && close()}
    >
      <form class="form dialog-body danger" {...form.props}>
        <h2 id={`${id}-title`}>{props.title}</h2>
        <p id={`${id}-text`}>{props.text}</p>
        {props.fields?.(form)}
        <Submit form={form} label={props.action}>
          <button type="button" class="quiet" onClick={close}>
            {words.value.cancel}
          </button>
        </Submit>
      </form>
    </dialog>
  );
}
