// Tokens for bots: made, shown once, listed, revoked.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { botTokens, makeBotToken, revokeBotToken } from '../../api/account.ts';
import { scopes, type BotToken, type Scope } from '../../wire.ts';
import { language, words } from '../../words/language.ts';
import { Confirm } from '../Confirm.tsx';
import { Copyable } from '../Copyable.tsx';
import { Field, Submit } from '../Field.tsx';
import { useForm } from '../useForm.ts';

export function BotTokens() {
  const w = words.value;
  const tokens = useSignal<readonly BotToken[] | null>(null);
  const failed = useSignal(false);
  const made = useSignal<{ name: string; token: string } | null>(null);
  const revoking = useSignal<BotToken | null>(null);

  async function load() {
    try {
      tokens.value = await botTokens();
      failed.value = false;
    } catch {
      failed.value = true;
    }
  }
  useEffect(() => void load(), []);

  async function revoke(id: string) {
    await revokeBotToken(id);
    tokens.value = tokens.value?.filter((token) => token.id !== id) ?? null;
  }
  return (
    <section class="panel" aria-labelledby="bots-title">
      <h2 id="bots-title">{w.bots}</h2>
      <p>{w.botsText}</p>
      {made.value && (
        <div class="once" role="status">
          <p>{w.tokenOnce}</p>
          <Copyable label={w.tokenOf(made.value.name)} text={made.value.token} />
        </div>
      )}
      {failed.value && (
        <p class="note bad">
          {w.botsFailed}{' '}
          <button class="quiet" onClick={() => void load()}>
            {w.tryAgain}
          </button>
        </p>
      )}
      {tokens.value?.length === 0 && <p class="note">{w.noBots}</p>}
      <ul class="rows">
        {tokens.value?.map((token) => (
          <Row key={token.id} token={token} onRevoke={() => (revoking.value = token)} />
        ))}
      </ul>
      <MakeToken
        onMade={({ token, ...bot }) => {
          made.value = { name: bot.name, token };
          tokens.value = [bot, ...(tokens.value ?? [])];
        }}
      />
      {revoking.value && (
        <Confirm
          title={w.revokeQuestion(revoking.value.name)}
          text={w.revokeText}
          action={w.revoke}
          onConfirm={() => revoke(revoking.value!.id)}
          onClose={() => (revoking.value = null)}
        />
      )}
    </section>
  );
}

function Row({ token, onRevoke }: { token: BotToken; onRevoke: () => void }) {
  const w = words.value;
  const day = (at: string) => new Intl.DateTimeFormat(language.value, { dateStyle: 'medium' }).format(new Date(at));
  return (
    <li class="row">
      <div class="row-text">
        <bdi class="row-title">{token.name}</bdi>
        <span class="note">
          {token.scopes.map((scope) => w.scopes[scope]).join(' · ')}
          {' · '}
          {w.expires(day(token.expiresAt))}
          {' · '}
          {token.lastUsedAt ? w.lastUsed(day(token.lastUsedAt)) : w.neverUsed}
        </span>
      </div>
      <button class="button" onClick={onRevoke}>
        {w.revoke}
        <span class="unseen"> {token.name}</span>
      </button>
    </li>
  );
}

const lifetimes = [30, 90, 365];

function MakeToken({ onMade }: { onMade: (made: BotToken & { token: string }) => void }) {
  const w = words.value;
  const name = useSignal('');
  const chosen = useSignal<readonly Scope[]>(['read', 'send']);
  const days = useSignal(365);
  const form = useForm(
    async () => {
      onMade(await makeBotToken(name.value.trim(), [...chosen.value], days.value));
      name.value = '';
    },
    { name_invalid: 'bot', bad_request: 'bot' },
  );
  return (
    <form class="form" {...form.props}>
      <h3>{w.newBot}</h3>
      <Field form={form} name="bot" label={w.botName} hint={w.botNameHint} value={name} autocomplete="off" maxLength={64} />
      <Scopes chosen={chosen.value} onChoose={(next) => (chosen.value = next)} />
      <label class="control">
        {w.goodFor}
        <select value={String(days.value)} onChange={(event) => (days.value = Number(event.currentTarget.value))}>
          {lifetimes.map((n) => (
            <option key={n} value={String(n)}>
              {w.days(n)}
            </option>
          ))}
        </select>
      </label>
      <Submit form={form} label={w.makeToken} />
    </form>
  );
}

function Scopes({ chosen, onChoose }: { chosen: readonly Scope[]; onChoose: (next: Scope[]) => void }) {
  const w = words.value;
  return (
    <fieldset class="control">
      <legend>{w.mayDo}</legend>
      {scopes.map((scope) => (
        <label key={scope} class="check">
          <input
            type="checkbox"
            checked={chosen.includes(scope)}
            onChange={(event) => {
              const on = event.currentTarget.checked;
              onChoose(scopes.filter((one) => (one === scope ? on : chosen.includes(one))));
            }}
          />
          {w.scopes[scope]}
        </label>
      ))}
    </fieldset>
  );
}
