/**
 * The labelling panel in the browser, an anywidget. The kernel sends the next pair, and a click or a key of the person
 * sends the verdict back as `answer`.
 *
 * @import { Answer, LabelState } from '../labelPanel'
 */
import { make } from './make.mjs';

/** The label that each key gives to the pair: 1 where A is better, 0 where B is, 0.5 for a tie. */
const labels = /** @type {Record<string, number>} */ ({
  1: 1,
  ArrowLeft: 1,
  2: 0,
  ArrowRight: 0,
  0: 0.5,
});

const help = 'Which answer is better? 1 or left arrow: A. 2 or right arrow: B. 0: tie. u: undo.';

/**
 * Makes a button that calls `act` when it is clicked.
 * @param {Record<string, string>} attributes
 * @param {() => void} act
 * @param {(Node | string)[]} children
 */
function button(attributes, act, ...children) {
  const node = make('button', { type: 'button', ...attributes }, ...children);
  node.addEventListener('click', act);
  return node;
}

/**
 * @param {{
 *   model: {
 *     get<Name extends keyof LabelState>(name: Name): LabelState[Name],
 *     set(name: 'answer', answer: Answer & { at: number }): void,
 *     save_changes(): void,
 *     on(event: string, call: () => void): void,
 *   },
 *   el: HTMLElement,
 * }} view
 */
function render({ model, el }) {
  const send = (/** @type {Omit<Answer, 'index'>} */ answer) => {
    // the time makes two equal answers differ, because a value that does not change is not sent
    model.set('answer', { index: model.get('index'), at: Date.now(), ...answer });
    model.save_changes();
  };
  const box = make('div', {
    class: 'r1-view r1-label',
    role: 'group',
    tabindex: 0,
    'aria-label': help,
  });
  box.dataset.lmSuppressShortcuts = 'true'; // JupyterLab ignores its own keys while the focus is in here
  box.addEventListener('keydown', (event) => {
    const { key, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey) return;
    if (key in labels && !model.get('done')) send({ label: labels[key] });
    else if (key === 'u') send({ undo: true });
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  const answer = (/** @type {string} */ name, /** @type {number} */ label, text = '') =>
    button({ class: 'answer' }, () => send({ label }), make('b', {}, name), make('code', {}, text));
  const draw = () => {
    const [index, total] = [model.get('index'), model.get('total')];
    const bar = make('progress', { max: total, value: index });
    const status = make('div', { 'aria-live': 'polite' }, bar, ` ${index} of ${total} labelled`);
    const undo = button({}, () => send({ undo: true }), 'undo (u)');
    undo.disabled = index === 0;
    if (model.get('done')) {
      const end = make('p', {}, 'All pairs are labelled. Run the next cell.');
      return box.replaceChildren(end, undo, status);
    }
    const prompt = make('code', {}, model.get('prompt') ?? '');
    const pair = [answer('A (1)', 1, model.get('a')), answer('B (2)', 0, model.get('b'))];
    const tie = button({}, () => send({ label: 0.5 }), 'equally good (0)');
    box.replaceChildren(
      make('p', {}, 'Which answer is better? ', prompt),
      make('div', { class: 'pair' }, ...pair),
      make('div', { class: 'row' }, tie, undo, status),
    );
  };
  model.on('change:index', draw);
  model.on('change:done', draw);
  draw();
  el.append(box);
}

export default { render };
