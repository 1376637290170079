/** The labelling panel: a person says which of two answers is better, and the answers become preferences. */
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { displayBundle } from '../core/display';
import { readView } from './readView';
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
  /** the file of the labels; where it holds labels of other pairs already, a new file with a number is made */
  readonly file: string;
  /** the person who labels; the login name by default */
  readonly by?: string;
}

/** What the panel shows: the pair that comes next, where there is one left. */
export interface LabelState {
  /** the number of pairs that are labelled, which is the place of the next one */
  readonly index: number;
  readonly total: number;
  /** whether all pairs are labelled */
  readonly done: boolean;
  readonly prompt?: string;
  readonly a?: string;
  readonly b?: string;
}

/** What the browser sends: a verdict on the pair that it shows, or the wish to take the last one back. */
export interface Answer {
  /** the place of the pair that the person saw */
  readonly index: number;
  /** 1 where A is better, 0 where B is, 0.5 for a tie */
  readonly label?: number;
  readonly undo?: boolean;
}

/**
 * Opens the panel under the running cell. The cell does not wait: a person labels as many pairs as they like and then
 * runs the next cell. Outside a notebook, and where nobody clicks, there are no labels.
 */
export function labelPanel({ pairs, seed, file, by }: LabelPanelOptions): LabelPanel {
  const { labels, target } = goOn(file, pairs);
  const who = by ?? process.env.USER ?? 'you';
  const shown = (): LabelState => {
    const index = labels.length;
    const pair = pairs[index];
    const about = { index, total: pairs.length, done: pair === undefined };
    if (!pair) return about;
    return { ...about, prompt: promptText(pair.problem, pair.language), a: pair.a, b: pair.b };
  };
  const widget = openWidget({
    ...readView('labelPanel'),
    state: { ...shown(), answer: null },
    text: 'a labelling panel: it needs JupyterLab and a running kernel',
    onChange: ({ answer }) => {
      const { index, label, undo } = (answer ?? { index: -1 }) as Answer;
      if (index !== labels.length) return; // the click came twice: its pair is labelled already
      const pair = pairs[index];
      if (undo) labels.pop();
      else if (pair && label !== undefined) {
        const { problem, language, a, b } = pair;
        const about = { task: problem.task, language, prompt: promptText(problem, language) };
        const when = new Date().toISOString();
        labels.push({ ...about, a, b, label, by: who, seed, when });
      }
      writePreferences(target, labels);
      widget?.set({ ...shown() });
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

/** Returns the labels of an earlier panel with these pairs, and the file in which this panel goes on. */
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
