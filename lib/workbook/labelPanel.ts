/** The labelling panel: a person says which of two answers is better, and the answers become preferences. */
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { displayBundle } from '../core/display';
import { openWidget } from './widget';
import { promptText } from '../tasks/index';
import {
  readPreferences,
  writePreferences,
  type Candidates,
  type Preference,
} from '../stages/preferences';

export interface LabelPanel {
  /** takes the panel away, leaves a line of text in its place, and returns what was labelled */
  end(): Preference[];
}

export interface LabelPanelOptions {
  readonly pairs: readonly Candidates[];
  readonly seed: number;
  /** what was labelled there of the same pairs is kept; a file about other pairs is left alone and another one made */
  readonly file: string;
  /** who labels; the login name by default */
  readonly by?: string;
}

/** What the browser sends: a verdict on the pair it shows, or the wish to take the last one back. */
interface Answer {
  readonly index: number;
  readonly label?: number;
  readonly undo?: boolean;
}

/**
 * Opens the panel under the running cell. The cell does not wait: click as many pairs as you like, then run the next
 * one. Outside a notebook, and where nobody clicks, there are no labels.
 */
export function labelPanel({ pairs, seed, file, by }: LabelPanelOptions): LabelPanel {
  const { labels, target } = goOn(file, pairs);
  const who = by ?? process.env.USER ?? 'you';
  const shown = (): Record<string, unknown> => {
    const index = labels.length;
    const pair = pairs[index];
    const about = { index, total: pairs.length, done: pair === undefined };
    if (!pair) return about;
    return { ...about, prompt: promptText(pair.problem, pair.language), a: pair.a, b: pair.b };
  };
  const widget = openWidget({
    esm,
    css,
    state: { ...shown(), answer: null },
    text: 'a labelling panel: it needs JupyterLab and a running kernel',
    onChange: ({ answer }) => {
      const { index, label, undo } = (answer ?? { index: -1 }) as Answer;
      if (index !== labels.length) return; // a second click on a pair that is labelled already
      const pair = pairs[index];
      if (undo) labels.pop();
      else if (pair && label !== undefined) {
        const { problem, language, a, b } = pair;
        const about = { task: problem.task, language, prompt: promptText(problem, language) };
        const when = new Date().toISOString();
        labels.push({ ...about, a, b, label, by: who, seed, when });
      }
      writePreferences(target, labels);
      widget?.set(shown());
    },
  });
  const id = randomUUID();
  if (widget) displayBundle(widget.bundle, id);
  return {
    end() {
      const chosen = [1, 0, 0.5].map((value) => labels.filter((p) => p.label === value).length);
      const text = `${labels.length} pairs labelled: ${chosen[0]} A, ${chosen[1]} B, ${chosen[2]} ties`;
      if (widget) {
        widget.close();
        displayBundle({ 'text/markdown': `*${text}*`, 'text/plain': text }, id, true);
      }
      return labels;
    },
  };
}

/** The labels of an earlier panel with the same pairs, and the file to go on in. */
function goOn(
  file: string,
  pairs: readonly Candidates[],
): { labels: Preference[]; target: string } {
  const { dir, name, ext } = path.parse(file);
  for (let n = 1; ; n++) {
    const target = n === 1 ? file : path.join(dir, `${name}-${n}${ext}`);
    if (!fs.existsSync(target)) return { labels: [], target };
    const labels = readPreferences(target);
    if (labels.every(({ a, b }, i) => a === pairs[i]?.a && b === pairs[i]?.b))
      return { labels, target };
  }
}

const css = `
.r1-label { font: 14px/1.5 system-ui, sans-serif; max-width: 46rem; outline: none; padding: .5rem 0;
  color: var(--jp-ui-font-color1, #222); }
.r1-label:focus-visible { outline: 2px solid #0072b2; outline-offset: 4px; }
.r1-label .pair { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; margin: .5rem 0; }
.r1-label button { font: inherit; color: inherit; cursor: pointer; border-radius: 6px; padding: .5rem .75rem;
  border: 1px solid var(--jp-border-color1, #999); background: var(--jp-layout-color1, #fff); }
.r1-label button:hover, .r1-label button:focus-visible { border-color: #0072b2; }
.r1-label .answer { text-align: left; min-height: 5rem; }
.r1-label .answer b { display: block; }
.r1-label .row { display: flex; gap: .75rem; align-items: center; }
.r1-label code { white-space: normal; }
.r1-label progress { width: 12rem; vertical-align: middle; }
@media (max-width: 40rem) { .r1-label .pair { grid-template-columns: 1fr; } }
`;

const esm = `
function render({ model, el }) {
  const make = (tag, text, name) => {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    if (name) node.className = name;
    return node;
  };
  const send = (answer) => {
    model.set('answer', { index: model.get('index'), at: Date.now(), ...answer });
    model.save_changes();
  };
  const labels = { '1': 1, ArrowLeft: 1, '2': 0, ArrowRight: 0, '0': 0.5 };
  const box = make('div', undefined, 'r1-label');
  box.tabIndex = 0;
  box.dataset.lmSuppressShortcuts = 'true';
  box.setAttribute('role', 'group');
  box.setAttribute('aria-label', 'Which answer is better? 1 or left arrow: A. 2 or right arrow: B. 0: tie. u: undo.');
  box.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in labels && !model.get('done')) send({ label: labels[event.key] });
    else if (event.key === 'u') send({ undo: true });
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const draw = () => {
    const [index, total, done] = ['index', 'total', 'done'].map((key) => model.get(key));
    const status = make('div');
    status.setAttribute('aria-live', 'polite');
    const bar = make('progress');
    bar.max = total;
    bar.value = index;
    status.append(bar, ' ' + index + ' of ' + total + ' labelled');
    const undo = make('button', 'undo (u)');
    undo.disabled = index === 0;
    undo.onclick = () => send({ undo: true });
    if (done) return box.replaceChildren(make('p', 'All pairs are labelled. Run the next cell.'), undo, status);
    const prompt = make('p', 'Which answer is better? ');
    prompt.append(make('code', model.get('prompt')));
    const pair = make('div', undefined, 'pair');
    for (const [name, label, text] of [['A (1)', 1, model.get('a')], ['B (2)', 0, model.get('b')]]) {
      const button = make('button', undefined, 'answer');
      button.append(make('b', name), make('code', text));
      button.onclick = () => send({ label });
      pair.append(button);
    }
    const tie = make('button', 'equally good (0)');
    tie.onclick = () => send({ label: 0.5 });
    const row = make('div', undefined, 'row');
    row.append(tie, undo, status);
    box.replaceChildren(prompt, pair, row);
  };
  model.on('change:index', draw);
  model.on('change:done', draw);
  draw();
  el.append(box);
}
export default { render };
`;
