/**
 * The training panel in the browser, an anywidget. The kernel sends `state` at every step, and what the person changes
 * is sent back as `wish`.
 *
 * @import { SteeredName } from '../../stages/loop/steering'
 * @import { PanelState, Series, Wish } from '../panelState'
 */
import { make } from './make.mjs';

/**
 * The ends and steps of the sliders. The slider of the learning rate is the power of ten by which the rate at the start
 * is multiplied, from -1 to 1.
 * @type {Record<SteeredName, { title: string, least: number, most: number, by: number }>}
 */
const sliders = {
  learningRate: { title: 'learning rate', least: -1, most: 1, by: 0.05 },
  temperature: { title: 'temperature', least: 0.5, most: 1.5, by: 0.05 },
  accuracy: { title: 'reward: accuracy', least: 0, most: 2, by: 0.1 },
  format: { title: 'reward: format', least: 0, most: 1, by: 0.05 },
  language: { title: 'reward: language', least: 0, most: 1, by: 0.05 },
};
const names = /** @type {SteeredName[]} */ (Object.keys(sliders));

const [width, height] = [160, 48];

const inHtml = (/** @type {string} */ character) => `&#${character.charCodeAt(0)};`;

/** Draws a curve over all steps of the run, as far as they are done, with a vertical line at each change. */
function curve(/** @type {Series} */ { title, steps, values }, /** @type {PanelState} */ state) {
  const most = Math.max(...values, 1e-9);
  const x = (/** @type {number} */ step) =>
    ((width * step) / Math.max(1, state.steps - 1)).toFixed(1);
  const y = (/** @type {number} */ value) =>
    (height - 2 - ((height - 4) * value) / most).toFixed(1);
  const points = steps.map((step, i) => `${x(step)},${y(values[i])}`).join(' ');
  const lines = state.changes.map(({ step }) => `<path d="M${x(step)} 0V${height}"/>`).join('');
  const last = values.at(-1) ?? '–';
  const text = `${title}: ${values[0] ?? '–'} at first, now ${last}`.replace(/[&<"]/g, inHtml);
  const caption = make('figcaption', {}, `${title} `, make('b', {}, String(last)));
  const figure = make('figure', {}, caption);
  const svg = `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${text}">${lines}<polyline points="${points}"/></svg>`;
  figure.insertAdjacentHTML('beforeend', svg);
  return figure;
}

/**
 * Makes a slider with its number. `send` is called with the value when the slider is let go.
 * @param {SteeredName} name
 * @param {number} first the value now
 * @param {(value: number) => void} send
 */
function createSlider(name, first, send) {
  const { title, least, most, by } = sliders[name];
  const isFactor = name === 'learningRate';
  const input = make('input', {
    type: 'range',
    min: least,
    max: most,
    step: by,
    value: isFactor ? 0 : first,
  });
  const output = make('output');
  let held = first;
  let wanted = first;
  const draw = () =>
    (output.textContent = wanted === held ? String(held) : `${wanted} from the next step`);
  input.addEventListener('input', () => {
    const at = input.valueAsNumber;
    wanted = isFactor ? Number((first * 10 ** at).toPrecision(2)) : at;
    draw();
  });
  input.addEventListener('change', () => send(wanted));
  return {
    element: make('label', {}, title, input, output),
    hold(/** @type {number} */ now) {
      held = now;
      draw();
    },
  };
}

/**
 * @param {{
 *   model: {
 *     get(name: 'state'): PanelState,
 *     set(name: 'wish', wish: Wish): void,
 *     save_changes(): void,
 *     on(event: string, call: () => void): void,
 *   },
 *   el: HTMLElement,
 * }} view
 */
function render({ model, el }) {
  const send = (/** @type {Wish} */ wish) => {
    model.set('wish', wish);
    model.save_changes();
  };
  const first = model.get('state');
  let wantsPause = first.paused;
  const controls = names.map((name) =>
    createSlider(name, first.values[name], (value) => send({ values: { [name]: value } })),
  );
  const pause = make('button', { type: 'button' });
  const stop = make('button', { type: 'button' }, 'stop');
  const bar = make('progress', { 'aria-label': 'steps done' });
  const status = make('span', { 'aria-live': 'polite' });
  const steps = make('span');
  const curves = make('div', { class: 'curves' });
  const log = make('ol', { 'aria-label': 'changes' });

  const draw = () => {
    const state = model.get('state');
    const { paused, changes, values } = state;
    bar.max = state.steps;
    bar.value = state.step;
    steps.textContent = `step ${state.step} of ${state.steps}`;
    const asked = stop.disabled ? 'stopping' : wantsPause ? 'pausing' : 'running';
    const said = paused && asked === 'pausing' ? 'paused' : asked;
    if (status.textContent !== said) status.textContent = said; // a screen reader speaks it whenever it is written
    pause.textContent = wantsPause ? 'resume' : 'pause';
    curves.replaceChildren(...state.series.map((series) => curve(series, state)));
    log.replaceChildren(
      ...changes.map(({ step, name, value }) => make('li', {}, `step ${step}: ${name} ${value}`)),
    );
    names.forEach((name, i) => controls[i].hold(values[name]));
  };
  pause.addEventListener('click', () => {
    wantsPause = !wantsPause;
    send({ paused: wantsPause });
    draw();
  });
  stop.addEventListener('click', () => {
    stop.disabled = true;
    send({ stop: true });
    draw();
  });

  const box = make(
    'div',
    { class: 'r1-view r1-training', role: 'group', 'aria-label': 'training panel' },
    make('p', { class: 'row' }, pause, stop, bar, steps, status),
    curves,
    make('div', { class: 'sliders' }, ...controls.map(({ element }) => element)),
    log,
  );
  box.dataset.lmSuppressShortcuts = 'true'; // JupyterLab ignores its own keys while the focus is in here
  model.on('change:state', draw);
  draw();
  el.append(box);
}

export default { render };
