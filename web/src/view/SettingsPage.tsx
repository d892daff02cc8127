// How this browser shows the page. What is chosen holds at once.

import { change, settings, textSizes, themes, type Settings } from '../settings.ts';
import { choose, language, languages, words, type Language } from '../words/language.ts';
import { Heading } from './Heading.tsx';

export function SettingsPage() {
  const w = words.value;
  const now = settings.value;
  return (
    <div class="sheet">
      <div class="sheet-head">
        <div>
          <Heading title={w.settings} />
          <p class="lead">{w.settingsText}</p>
        </div>
      </div>
      <section class="panel" aria-label={w.appearance}>
        <Choice<Language>
          name="language"
          label={w.switchLanguage}
          options={Object.entries(languages).map(([tag, { languageName }]) => [tag as Language, languageName])}
          value={language.value}
          onChoose={choose}
        />
        <Choice name="theme" label={w.theme} options={themes.map((one) => [one, w.themes[one]])} value={now.theme} onChoose={(theme) => change({ theme })} />
        <Choice
          name="text"
          label={w.textSize}
          options={textSizes.map((one) => [one, w.textSizes[one]])}
          value={now.textSize}
          onChoose={(textSize) => change({ textSize })}
        />
      </section>
      <section class="panel" aria-label={w.chat}>
        <Switch of="timestamps" label={w.timestamps} hint={w.timestampsHint} />
        <Switch of="gather" label={w.gather} hint={w.gatherHint} />
        <Switch of="summaries" label={w.summaries} hint={w.summariesHint} />
        <Switch of="still" label={w.still} hint={w.stillHint} />
      </section>
    </div>
  );
}

interface ChoiceProps<T extends string> {
  name: string;
  label: string;
  options: (readonly [T, string])[];
  value: T;
  onChoose: (value: T) => void;
}

function Choice<T extends string>({ name, label, options, value, onChoose }: ChoiceProps<T>) {
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      <div class="segments">
        {options.map(([option, text]) => (
          <label key={option} class="segment">
            <input type="radio" name={name} value={option} checked={option === value} onChange={() => onChoose(option)} />
            <span {...(option in languages ? { lang: option } : {})}>{text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Switch({ of, label, hint }: { of: 'timestamps' | 'gather' | 'summaries' | 'still'; label: string; hint: string }) {
  return (
    <div class="switch">
      <label for={`set-${of}`}>{label}</label>
      <input
        id={`set-${of}`}
        type="checkbox"
        role="switch"
        checked={settings.value[of]}
        aria-describedby={`set-${of}-hint`}
        onChange={(event) => change({ [of]: event.currentTarget.checked } satisfies Partial<Settings>)}
      />
      <p id={`set-${of}-hint`} class="note">
        {hint}
      </p>
    </div>
  );
}
