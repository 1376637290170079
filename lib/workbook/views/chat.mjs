/**
 * The chat in the browser, an anywidget. The kernel sends what is said, and what the person says or presses is sent back
 * as `wish`.
 *
 * @import { ChatState, ChatToken, ChatTurn, ChatWish } from '../chat'
 */
import { make } from './make.mjs';

const percent = (/** @type {number} */ share) =>
  `${(100 * share).toPrecision(share < 0.0995 ? 1 : 2)} %`;

/** What is known of a token, in words. */
const tokenText = (/** @type {ChatToken} */ { text, probability, others }) =>
  [
    `${JSON.stringify(text)} ${percent(probability)}`,
    ...others.map((other) => `${JSON.stringify(other.text)} ${percent(other.probability)}`),
  ].join(' · ');

/**
 * Returns the tokens as parts of a text. Those between think tags go into a fold, which is open while it is being
 * thought. A token has more colour the less likely it was.
 * @param {readonly ChatToken[]} tokens
 * @param {string} id
 * @param {boolean} isDone
 */
function tokenNodes(tokens, id, isDone) {
  const said = /** @type {HTMLElement[]} */ ([]);
  const thought = /** @type {HTMLElement[]} */ ([]);
  let isThinking = false;
  let written = '';
  const opened = () => written.lastIndexOf('<think>') > written.lastIndexOf('</think>');
  tokens.forEach((token, i) => {
    written += token.text;
    const style = `--strength: ${Math.round(100 * (1 - token.probability))}%`;
    const attributes = { class: 'token', role: 'option', id: `${id}-${i}`, style };
    const node = make('span', { ...attributes, 'aria-selected': 'false' }, token.text);
    isThinking ||= opened();
    (isThinking ? thought : said).push(node);
    isThinking &&= opened();
  });
  if (thought.length === 0) return said;
  const summary = make('summary', {}, `thinking, ${thought.length} tokens`);
  const fold = make('details', {}, summary, ...thought);
  fold.open = !isDone;
  return [fold, ...said];
}

/** Makes an answer, whose tokens tell what they know when they are touched, or walked through with the arrows. */
function createAnswer(/** @type {string} */ id) {
  const list = make('div', { class: 'said', role: 'listbox', tabindex: 0, 'aria-label': 'answer: the left and right arrow walk through its tokens' }); // prettier-ignore
  const readout = make('p', { class: 'readout', 'aria-live': 'polite' });
  const note = make('em', {});
  /** @type {readonly ChatToken[]} */
  let tokens = [];
  let at = -1;
  const pointAt = (/** @type {number} */ place) => {
    if (tokens.length === 0) return;
    at = Math.max(0, Math.min(tokens.length - 1, place));
    for (const option of list.querySelectorAll('[role=option]'))
      option.setAttribute('aria-selected', String(option.id === `${id}-${at}`));
    list.setAttribute('aria-activedescendant', `${id}-${at}`);
    readout.textContent = tokenText(tokens[at]);
  };
  for (const event of /** @type {const} */ (['click', 'pointerover']))
    list.addEventListener(event, ({ target }) => {
      const option = /** @type {HTMLElement} */ (target).closest('[role=option]');
      if (option) pointAt(Number(option.id.slice(id.length + 1)));
    });
  list.addEventListener('keydown', (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined) return;
    pointAt(at + by);
    event.preventDefault();
  });
  return {
    element: make('div', {}, list, note, readout),
    show(/** @type {ChatTurn} */ turn, /** @type {boolean} */ isDone) {
      tokens = turn.tokens ?? [];
      list.replaceChildren(...tokenNodes(tokens, id, isDone));
      note.textContent = turn.note ? ` (${turn.note})` : isDone ? '' : ' …';
    },
  };
}

let instances = 0;

/** Makes the list of all that was said. */
function createLog() {
  const id = `r1-chat-${instances++}`;
  const box = make('div', { class: 'log', role: 'log', 'aria-label': 'conversation' });
  /** @type {{ element: HTMLElement, show(turn: ChatTurn, isDone: boolean): void }[]} */
  let shown = [];
  let finished = 0;
  const createTurn = (/** @type {ChatTurn} */ { role }) => {
    if (role === 'assistant') return createAnswer(`${id}-${shown.length}`);
    const element = make('p', { class: 'asked' });
    const show = (/** @type {ChatTurn} */ { text = '' }) => void (element.textContent = text);
    return { element, show };
  };
  return {
    element: box,
    show(/** @type {readonly ChatTurn[]} */ turns, /** @type {ChatTurn | null} */ answer) {
      const all = answer ? [...turns, answer] : turns;
      if (all.length < shown.length) {
        shown = [];
        finished = 0;
        box.replaceChildren();
      }
      all.forEach((turn, i) => {
        if (i < finished) return; // what was said stays, with what the person looks at in it
        if (!shown[i]) {
          shown[i] = createTurn(turn);
          box.append(shown[i].element);
        }
        shown[i].show(turn, turn !== answer);
      });
      finished = turns.length;
    },
  };
}

/**
 * @param {{
 *   model: {
 *     get<Name extends keyof ChatState>(name: Name): ChatState[Name],
 *     set(name: 'wish', wish: ChatWish & { at: number }): void,
 *     save_changes(): void,
 *     on(event: string, call: () => void): void,
 *   },
 *   el: HTMLElement,
 * }} view
 */
function render({ model, el }) {
  const send = (/** @type {ChatWish} */ wish) => {
    // the time makes two equal wishes differ, because a value that does not change is not sent
    model.set('wish', { ...wish, at: Date.now() });
    model.save_changes();
  };
  const name = model.get('name');
  const log = createLog();
  const input = make('input', { type: 'text', 'aria-label': `say something to ${name}`, placeholder: `say something to ${name}` }); // prettier-ignore
  const sendButton = make('button', { type: 'submit' }, 'send');
  const stop = make('button', { type: 'button' }, 'stop');
  const anew = make('button', { type: 'button' }, 'new');
  const form = make('form', { class: 'row' }, input, sendButton, stop, anew);
  const temperature = make('input', { type: 'range', min: 0, max: 1.5, step: 0.1, value: model.get('temperature') }); // prettier-ignore
  const degrees = make('output', {}, String(model.get('temperature')));

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const say = input.value.trim();
    if (say === '' || model.get('answer')) return;
    input.value = '';
    send({ say });
  });
  stop.addEventListener('click', () => send({ stop: true }));
  anew.addEventListener('click', () => send({ anew: true }));
  temperature.addEventListener('input', () => (degrees.textContent = temperature.value));
  temperature.addEventListener('change', () => send({ temperature: temperature.valueAsNumber }));

  const draw = () => {
    const answer = model.get('answer');
    log.show(model.get('turns'), answer);
    sendButton.disabled = answer !== null;
    stop.disabled = answer === null;
  };
  const box = make(
    'div',
    { class: 'r1-view r1-chat', role: 'group', 'aria-label': `chat with ${name}` },
    make('p', { class: 'row' }, make('b', {}, name), make('label', {}, 'temperature ', temperature, ' ', degrees)), // prettier-ignore
    log.element,
    form,
  );
  box.dataset.lmSuppressShortcuts = 'true'; // JupyterLab ignores its own keys while the focus is in here
  model.on('change:turns', draw);
  model.on('change:answer', draw);
  draw();
  el.append(box);
}

export default { render };
