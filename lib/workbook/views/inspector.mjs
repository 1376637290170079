/**
 * The rollout inspector in the browser, as an anywidget in JupyterLab or on a page of its own. A completion is selected
 * in a map of rewards, which has a cell for each step and sample; its tokens are coloured by a number that the policy
 * gave them, such as their log-probability.
 *
 * @import { InspectedProblem, InspectedSample, InspectorData } from '../inspectorData'
 * @typedef {'log-probability' | 'entropy' | 'advantage'} Colour
 * @typedef {(step: number, sample: number) => void} Select
 */
import { make } from './make.mjs';

/**
 * The strength of a token's colour for each way of colouring, from -1 to 1, and the names of the ends of its scale.
 * @type {Record<Colour, { strength: (sample: InspectedSample, at: number) => number, ends: [string, string] }>}
 */
const colours = {
  'log-probability': {
    strength: ({ logprobs }, at) => -logprobs[at] / 3,
    ends: ['0: certain', '−3 or less: a surprise'],
  },
  entropy: {
    strength: ({ entropies }, at) => entropies[at] / 1.5,
    ends: ['0: no choice', '1.5 nats or more: open'],
  },
  advantage: {
    strength: ({ advantage }) => advantage / 2,
    ends: ['−2: made rarer', '+2: made more frequent'],
  },
};
const colourNames = /** @type {Colour[]} */ (Object.keys(colours));

/** @type {Record<'wrongCalculations' | 'wrongVerdicts' | 'repeats', string>} */
const faults = {
  wrongCalculations: 'wrong calculation',
  wrongVerdicts: 'wrong verdict',
  repeats: 'repeated attempt',
};
const faultNames = /** @type {(keyof typeof faults)[]} */ (Object.keys(faults));

const help = [
  'Click a cell or use the arrow keys in the map: left and right change the step, up and down the sample.',
  'The keys 1, 2, 3 change the colours. A line is an attempt, a frame a verdict, a wavy line a fault.',
].join(' ');

const number = (/** @type {number} */ value) => String(value).replace('-', '−');
const signed = (/** @type {number} */ value) => (value < 0 ? '' : '+') + number(value);
const strengthStyle = (/** @type {number} */ share) => `--strength: ${(100 * share).toFixed(0)}%`;

/** Returns all that is known of one token as a line of text. */
function tokenText(/** @type {InspectedSample} */ sample, /** @type {number} */ at) {
  const { tokens, logprobs, entropies, advantage, marks } = sample;
  const share = +(100 * Math.exp(logprobs[at])).toPrecision(2);
  return [
    `token ${at + 1}, ${tokens[at]}`,
    `log-probability ${number(logprobs[at])} (${share} %)`,
    `entropy ${entropies[at]}`,
    `advantage ${signed(advantage)}`,
    ...faultNames.filter((name) => marks[name].includes(at)).map((name) => faults[name]),
  ].join(' · ');
}

/** Describes a completion in sentences: verdict, reward, counts and faults. */
function summaryOf(/** @type {InspectedSample} */ { tokens, marks, reward, correct, advantage }) {
  const parts = Object.entries(reward).filter(([name]) => name !== 'total');
  const firsts = faultNames
    .filter((name) => marks[name].length > 0)
    .map(
      (name) => `first ${faults[name]} at token ${marks[name][0] + 1}, ${tokens[marks[name][0]]}`,
    );
  return [
    `${correct ? 'Right' : 'Wrong'}.`,
    `Reward ${number(reward.total)} (${parts.map(([name, value]) => `${name} ${number(value)}`).join(', ')}), advantage ${signed(advantage)}.`,
    `Tokens: ${tokens.length}, attempts: ${marks.attempts.length}, made before: ${marks.repeats.length}.`,
    firsts.length > 0 ? `The ${firsts.join('; the ')}.` : 'No fault found in the trace.',
  ].join(' ');
}

/**
 * Returns the tokens of a completion as elements, with each attempt on a line of its own. `named` writes a name beside
 * the first fault of each kind.
 * @param {InspectedSample} sample
 * @param {Colour} colour
 * @param {(at: number) => Record<string, string>} [attributesOf]
 */
function tokenNodes(sample, colour, attributesOf = () => ({}), named = false) {
  const { tokens, marks } = sample;
  return tokens.flatMap((token, at) => {
    const wrong = faultNames.filter((name) => marks[name].includes(at));
    const strength = Math.max(-1, Math.min(1, colours[colour].strength(sample, at)));
    const classes = ['token', colour];
    if (strength < 0) classes.push('minus');
    if (wrong.length > 0) classes.push('wrong');
    if (marks.verdicts.includes(at)) classes.push('verdict');
    const looks = { class: classes.join(' '), style: strengthStyle(Math.abs(strength)) };
    const firsts = named ? wrong.filter((name) => marks[name][0] === at) : [];
    const beginsLine = at > 0 && (marks.attempts.includes(at) || token === '<answer>');
    return [
      ...(beginsLine ? [make('br')] : []),
      make('span', { ...looks, ...attributesOf(at) }, token),
      ...firsts.map((name) => make('em', {}, `◂ first ${faults[name]}`)),
      ...(sample.isSpaced ? [' '] : []),
    ];
  });
}

/**
 * Makes the map of rewards, with a column for each step and a row for each sample. `select` is called with the cell
 * that is clicked.
 * @param {readonly number[]} steps
 * @param {{ least: number, most: number }} rewards the ends of the colour scale
 * @param {Select} select
 */
function createMap(steps, { least, most }, select) {
  const table = make('table', { role: 'grid', 'aria-label': 'reward by step and sample' });
  table.style.minWidth = `${steps.length * 10 + 24}px`;
  const labelled = Math.ceil(steps.length / 12);
  /** @type {HTMLTableCellElement[][]} step by sample */
  let cells = [];

  /** @type {(one: InspectedSample, s: number, i: number) => HTMLTableCellElement} */
  const cellOf = ({ reward, correct }, s, i) => {
    const verdict = correct ? 'right' : 'wrong';
    const text = `step ${steps[s]}, sample ${i + 1}: reward ${number(reward.total)}, ${verdict}`;
    const style = strengthStyle(most > least ? (reward.total - least) / (most - least) : 0);
    const cell = make('td', { title: text, 'aria-label': text, style }, correct ? '✓' : '');
    cell.addEventListener('click', () => select(s, i));
    return cell;
  };

  return {
    element: table,
    show(/** @type {InspectedProblem} */ { groups }) {
      cells = groups.map((group, s) => group.map((one, i) => cellOf(one, s, i)));
      const head = steps.map((step, s) => {
        const attributes = { scope: 'col', 'aria-label': `step ${step}` };
        return make('th', attributes, s % labelled === 0 ? String(step) : '');
      });
      const rows = groups[0].map((_, i) => {
        const title = make('th', { scope: 'row' }, String(i + 1));
        return make('tr', {}, title, ...cells.map((column) => column[i]));
      });
      table.replaceChildren(make('tr', {}, make('td', { class: 'corner' }), ...head), ...rows);
    },
    mark(/** @type {number} */ step, /** @type {number} */ sample) {
      for (const cell of cells.flat()) {
        const isMarked = cell === cells[step][sample];
        cell.tabIndex = isMarked ? 0 : -1; // the tab key stops at one cell of the map, not at each
        cell.setAttribute('aria-selected', String(isMarked));
      }
    },
    focus: (/** @type {number} */ step, /** @type {number} */ sample) =>
      cells[step][sample].focus(),
  };
}

/**
 * Makes the list of the tokens of the selected completion, and a line of text about the token that is selected in it.
 */
function createTokens(/** @type {string} */ id) {
  const list = make('div', { class: 'tokens', role: 'listbox', tabindex: 0, 'aria-label': 'tokens: the left and right arrow walk through them' }); // prettier-ignore
  const readout = make('p', { class: 'readout' });
  /** @type {InspectedSample} */
  let shown;
  let at = 0;

  const pointAt = (/** @type {number} */ place) => {
    at = Math.max(0, Math.min(shown.tokens.length - 1, place));
    for (const option of list.querySelectorAll('[role=option]'))
      option.setAttribute('aria-selected', String(option.id === `${id}-${at}`));
    list.setAttribute('aria-activedescendant', `${id}-${at}`);
    readout.textContent = tokenText(shown, at);
  };
  list.addEventListener('click', ({ target }) => {
    const option = /** @type {HTMLElement} */ (target).closest('[role=option]');
    if (option) pointAt(Number(option.id.slice(id.length + 1)));
  });

  return {
    element: list,
    readout,
    show(/** @type {InspectedSample} */ sample, /** @type {Colour} */ colour) {
      if (sample !== shown) at = 0;
      shown = sample;
      const option = (/** @type {number} */ place) => {
        const text = tokenText(sample, place);
        return { id: `${id}-${place}`, role: 'option', title: text, 'aria-label': text };
      };
      list.replaceChildren(...tokenNodes(sample, colour, option, true));
      pointAt(at);
    },
    walk: (/** @type {number} */ by) => pointAt(at + by),
  };
}

/** Returns the parts of a reward as bars. The summary has the same numbers in words. */
function rewardBars(/** @type {InspectedSample} */ { reward }, /** @type {number} */ most) {
  return Object.entries(reward).map(([part, value]) => {
    const share = Math.max(0, Math.min(1, value / Math.max(1, most)));
    const bar = make('i', { class: 'bar', style: `width: ${Math.round(60 * share)}px` });
    return make('span', {}, `${part} `, bar, ` ${number(value)}`);
  });
}

/**
 * Returns completions in small, side by side, to be clicked. The keyboard reaches them through the map.
 * @param {readonly InspectedSample[]} samples
 * @param {{ title: (i: number) => string, selected: number, colour: Colour, onClick: (i: number) => void }} options
 */
function cards(samples, { title: titleOf, selected, colour, onClick }) {
  return samples.map((sample, i) => {
    const { correct, reward, advantage } = sample;
    const numbers = `reward ${number(reward.total)}, advantage ${signed(advantage)}`;
    const title = make('b', {}, `${correct ? '✓' : '✗'} ${titleOf(i)}: ${numbers}`);
    const attributes = { class: 'card', tabindex: -1, 'aria-pressed': String(i === selected) };
    const button = make('button', attributes, title, ...tokenNodes(sample, colour));
    button.addEventListener('click', () => onClick(i));
    return button;
  });
}

/**
 * Returns the box of the inspector with everything in it that stays, and the places in it for what changes.
 * @param {InspectorData} data
 * @param {string} id
 * @param {{ least: number, most: number }} rewards the ends of the colour scale
 * @param {{ map: HTMLElement, tokens: HTMLElement[] }} panes
 */
function layout({ name, steps, problems }, id, { least, most }, { map, tokens }) {
  const options = problems.map(({ about, prompt }, value) =>
    make('option', { value }, `${about}: ${prompt}`),
  );
  const radios = colourNames.map((value) =>
    make('input', { type: 'radio', name: `${id}-colour`, value }),
  );
  const labels = radios.map((radio, i) => make('label', {}, radio, `${i + 1} ${colourNames[i]}`));
  const parts = {
    choice: make('select', {}, ...options),
    radios,
    scale: make('span', { class: 'scale' }),
    title: make('h3', { id }),
    summary: make('p', { 'aria-live': 'polite' }),
    bars: make('p', { class: 'row', 'aria-hidden': 'true' }),
    groupTitle: make('h3'),
    group: make('div', { class: 'cards' }),
    throughTitle: make('h3'),
    through: make('div', { class: 'cards' }),
  };
  const { choice, scale, title, summary, bars, groupTitle, group, throughTitle, through } = parts;
  const counts = `${steps.length} steps, ${problems.length} problems, ${problems[0].groups[0].length} samples`;
  const ramp = make('i', { class: 'ramp reward' });
  const colourBy = { class: 'row', role: 'radiogroup', 'aria-label': 'colour by' };
  const box = make(
    'div',
    { class: 'r1-view r1-inspector', role: 'group', 'aria-label': `rollout inspector of ${name}` },
    make('p', {}, make('b', {}, name), `: ${counts}`),
    make('p', {}, make('label', {}, 'problem ', choice)),
    make('div', colourBy, 'colour by', ...labels, scale),
    make(
      'div',
      { class: 'panes' },
      make(
        'div',
        {},
        make('div', { class: 'map' }, map),
        make(
          'p',
          { class: 'scale' },
          `reward ${number(least)} `,
          ramp,
          ` ${number(most)} · ✓ right`,
        ),
        make('p', { class: 'scale' }, help),
      ),
      make('section', { 'aria-labelledby': id }, title, summary, bars, ...tokens),
    ),
    ...[groupTitle, group, throughTitle, through],
  );
  box.dataset.lmSuppressShortcuts = 'true'; // JupyterLab ignores its own keys while the focus is in here
  return { box, ...parts };
}

/** @type {Record<string, readonly [number, number]>} what a key adds to step and sample */
const moves = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  Home: [-1e9, 0],
  End: [1e9, 0],
};

/** @typedef {{ problem: number, step: number, sample: number, colour: Colour }} Selection */

/**
 * Writes what is known of the selected completion. Below it, it shows the completions of its group, and those with the
 * number of its sample at the other steps. `select` is called with the step and the sample of a card that is clicked.
 * @param {ReturnType<typeof layout>} at
 * @param {InspectorData} data
 * @param {Selection} now
 * @param {Select} select
 */
function describe(at, { steps, problems }, { problem, step, sample, colour }, select) {
  const { groups } = problems[problem];
  const group = groups[step];
  at.title.textContent = `Step ${steps[step]}, sample ${sample + 1} of ${group.length}`;
  at.summary.textContent = summaryOf(group[sample]);
  for (const radio of at.radios) radio.checked = radio.value === colour;
  const [low, high] = colours[colour].ends;
  at.scale.replaceChildren(`${low} `, make('i', { class: `ramp ${colour}` }), ` ${high}`);
  at.groupTitle.textContent = `The group at step ${steps[step]}`;
  const inGroup = cards(group, {
    title: (i) => `sample ${i + 1}`,
    selected: sample,
    colour,
    onClick: (i) => select(step, i),
  });
  at.group.replaceChildren(...inGroup);
  at.throughTitle.textContent = `Sample ${sample + 1} through training, drawn with the same random numbers`;
  const inTime = cards(
    groups.map((other) => other[sample]),
    {
      title: (s) => `step ${steps[s]}`,
      selected: step,
      colour,
      onClick: (s) => select(s, sample),
    },
  );
  at.through.replaceChildren(...inTime);
}

let instances = 0;

/** @param {{ model: { get(name: 'data'): InspectorData }, el: HTMLElement }} view */
function render({ model, el }) {
  const data = model.get('data');
  const { steps, problems } = data;
  const id = `r1-inspector-${instances++}`;
  const totals = problems.flatMap(({ groups }) => groups.flat().map(({ reward }) => reward.total));
  const rewards = { least: Math.min(...totals), most: Math.max(...totals) };
  const map = createMap(steps, rewards, select);
  const tokens = createTokens(id);
  const panes = { map: map.element, tokens: [tokens.element, tokens.readout] };
  const at = layout(data, id, rewards, panes);
  const now = { problem: 0, step: 0, sample: 0, colour: colourNames[0] };

  function draw() {
    const selected = problems[now.problem].groups[now.step][now.sample];
    map.mark(now.step, now.sample);
    tokens.show(selected, now.colour);
    at.bars.replaceChildren(...rewardBars(selected, rewards.most));
    describe(at, data, now, select);
  }
  function select(/** @type {number} */ step, /** @type {number} */ sample) {
    const samples = problems[now.problem].groups[0].length;
    now.step = Math.max(0, Math.min(steps.length - 1, step));
    now.sample = Math.max(0, Math.min(samples - 1, sample));
    draw();
  }
  function paint(/** @type {Colour} */ colour) {
    now.colour = colour;
    draw();
  }
  function turnTo(/** @type {number} */ problem) {
    now.problem = problem;
    map.show(problems[problem]);
    draw();
  }
  function onKey(/** @type {KeyboardEvent} */ event) {
    const { key, target, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey || target === at.choice) return;
    const colour = colourNames[Number(key) - 1];
    const [byStep, bySample] = moves[key] ?? [0, 0];
    if (colour) paint(colour);
    else if (key in moves && target === tokens.element) tokens.walk(byStep + bySample);
    else if (key in moves && map.element.contains(/** @type {Node} */ (target))) {
      select(now.step + byStep, now.sample + bySample);
      map.focus(now.step, now.sample);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  at.box.addEventListener('keydown', onKey);
  at.choice.addEventListener('change', () => turnTo(Number(at.choice.value)));
  at.radios.forEach((radio, i) => radio.addEventListener('change', () => paint(colourNames[i])));
  turnTo(0);
  el.append(at.box);
}

export default { render, createTokens, cards, summaryOf };
