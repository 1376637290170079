/** The form of the playground: which model, which problem, and how it is asked. */
import { html, type TemplateResult } from 'lit';
import { taskNamed } from '../../../tasks/index';
import type { ListedModel } from '../../listModels';
import { writings, type TaskName } from './chosen';
import { defaults, limits, taskNames, whyNot, type Settings } from './settings';

export type Change = (changed: Partial<Settings>) => void;

const languageNames = { en: 'English', zh: '中文' } as const;

const sliders = {
  temperature: 'temperature',
  samples: 'answers at a time',
  waits: 'forced waits',
} as const;

function modelChoice(
  models: readonly ListedModel[],
  settings: Settings,
  place: 0 | 1,
  change: Change,
) {
  const chosen = settings.models[place];
  const sizes = [...new Set(models.map(({ size }) => size))];
  const choose = (name: string): void => {
    const [first] = settings.models as [string];
    change({ models: place === 0 ? [name, ...settings.models.slice(1)] : name === '' ? [first] : [first, name] }); // prettier-ignore
  };
  return html`<label>
    ${place === 0 ? 'model' : 'beside it'}
    <select @change=${(event: Event) => choose((event.target as HTMLSelectElement).value)}>
      ${place === 1 ? html`<option value="" ?selected=${chosen === undefined}>nothing</option>` : ''}
      ${sizes.map(
        (size) =>
          html`<optgroup label=${size}>
            ${models
              .filter((model) => model.size === size)
              .map(
                ({ name, title }) =>
                  html`<option value=${name} ?selected=${name === chosen}>${title}</option>`,
              )}
          </optgroup>`,
      )}
    </select>
  </label>`;
}

function slider(name: keyof typeof sliders, settings: Settings, change: Change): TemplateResult {
  const [least, most, by] = limits[name];
  const set = (event: Event): void =>
    change({ [name]: (event.target as HTMLInputElement).valueAsNumber });
  return html`<label class="slider">
    ${sliders[name]}
    <input
      type="range"
      min=${least}
      max=${most}
      step=${by}
      .valueAsNumber=${settings[name]}
      @change=${set}
    />
    <output>${settings[name]}</output>
  </label>`;
}

/** A problem that the reader chooses. */
function chosenInput({ task, chosen }: Settings, change: Change): TemplateResult {
  const set = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    const text = input.value.trim();
    input.setCustomValidity(text === '' ? '' : whyNot(task, text));
    if (input.reportValidity()) change({ chosen: text === '' ? null : text });
  };
  const { parts, example } = writings[task];
  return html`<label>
    your own: ${parts}
    <input size="14" placeholder=${example} .value=${chosen ?? ''} @change=${set} />
  </label>`;
}

export function controls(
  models: readonly ListedModel[],
  settings: Settings,
  change: Change,
): TemplateResult {
  const { task, level, language } = settings;
  const toTask = (name: TaskName): void => {
    const { levels } = taskNamed(name);
    const fits = levels.includes(defaults.level) ? defaults.level : levels[0]!;
    change({ task: name, level: fits, chosen: null });
  };
  const option = (value: string | number, text: string, isChosen: boolean) =>
    html`<option value=${value} ?selected=${isChosen}>${text}</option>`;
  return html`<form class="controls" @submit=${(event: Event) => event.preventDefault()}>
    ${modelChoice(models, settings, 0, change)} ${modelChoice(models, settings, 1, change)}
    <label>
      task
      <select
        @change=${(event: Event) => toTask((event.target as HTMLSelectElement).value as TaskName)}
      >
        ${taskNames.map((name) => option(name, name, name === task))}
      </select>
    </label>
    <label>
      level
      <select
        @change=${(event: Event) => change({ level: Number((event.target as HTMLSelectElement).value), chosen: null })}
      >
        ${taskNamed(task).levels.map((one) => option(one, String(one), one === level))}
      </select>
    </label>
    <label>
      language
      <select
        @change=${(event: Event) => change({ language: (event.target as HTMLSelectElement).value as 'en' | 'zh' })}
      >
        ${(['en', 'zh'] as const).map((one) => option(one, languageNames[one], one === language))}
      </select>
    </label>
    ${chosenInput(settings, change)}
    ${(['temperature', 'samples', 'waits'] as const).map((name) => slider(name, settings, change))}
  </form>`;
}
