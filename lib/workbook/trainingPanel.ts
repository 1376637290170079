/** The training panel: live numbers of a run, a pause and a stop button, and sliders that act at its next step. */
import { randomUUID } from 'node:crypto';
import type { Row } from '../core/csv';
import { displayBundle } from '../core/display';
import { stopFlag } from '../core/loop';
import { markdownText } from '../core/markup';
import { hasReader, openWidget, type Widget } from './widget';
import type { Change } from '../runs/run';
import { readView } from './readView';
import {
  changesOf,
  steered,
  steeredValues,
  type Orders,
  type Standing,
  type SteeredValues,
  type Steering,
} from '../stages/loop/steering';

/** What the browser sends: the value of a slider that was let go, or the button that was pressed. */
interface Wish {
  readonly values?: Partial<SteeredValues>;
  readonly paused?: boolean;
  readonly stop?: boolean;
}

/** What the panel shows. */
export interface PanelState {
  /** the number of the step that comes next, and the number of all steps */
  readonly step: number;
  readonly steps: number;
  /** whether the run waits before this step */
  readonly paused: boolean;
  /** the values in force from this step on */
  readonly values: SteeredValues;
  readonly changes: readonly Change[];
  readonly series: readonly Series[];
}

export interface Series {
  readonly title: string;
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

/**
 * Returns a panel to be given to `runRL`, with which a person steers the run. The panel opens under the cell when the
 * run starts, and a line of text takes its place when the run ends. Where no browser listens, it steers nothing.
 */
export function trainingPanel(): Steering {
  let id = '';
  let widget: Widget | null = null;
  let wish: Wish = {};
  let changes: readonly Change[] = [];

  const open = (state: PanelState): Widget | null => {
    const opened = openWidget({
      ...readView('trainingPanel'),
      state: { state, wish: null },
      text: 'the training panel: it needs JupyterLab and a running kernel',
      onChange: (patch) => {
        const { values, ...buttons } = (patch.wish ?? {}) as Wish;
        wish = { ...wish, ...buttons, values: { ...wish.values, ...values } };
      },
    });
    id = randomUUID();
    if (opened) displayBundle(opened.bundle, id);
    return opened;
  };

  return {
    async before(standing) {
      if (!hasReader()) return {};
      widget ??= open(panelState(standing, {}, false));
      let shown: Wish | null = null;
      while (wish.paused && !wish.stop && !stopFlag.requested) {
        if (wish !== shown) widget?.set({ state: panelState(standing, wish, true) });
        shown = wish;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      const orders: Orders = { values: wish.values, stop: wish.stop || stopFlag.requested };
      wish = {};
      const state = panelState(standing, orders, false);
      widget?.set({ state });
      changes = state.changes;
      return orders;
    },
    end() {
      if (!widget) return;
      const text = `Steered by hand: ${changes.map(changeText).join('; ') || 'no change'}.`;
      widget.close();
      widget = null;
      wish = {};
      displayBundle({ 'text/markdown': `*${markdownText(text)}*`, 'text/plain': text }, id, true);
    },
  };
}

const changeText = ({ step, name, value }: Change): string => `${name} ${value} from step ${step}`;

function panelState(standing: Standing, orders: Orders, paused: boolean): PanelState {
  const { step, settings, metrics } = standing;
  const added = changesOf(standing, orders);
  return {
    step,
    steps: settings.steps,
    paused,
    values: steeredValues(steered(settings, added)),
    changes: [...standing.changes, ...added],
    series: seriesOf(metrics),
  };
}

const columns: Readonly<Record<string, string>> = {
  'right answers': 'reward/accuracy',
  reward: 'reward/mean',
  tokens: 'completion/length',
  entropy: 'policy/entropy',
};

/** Returns the curves of the panel, which have at most 200 points each. */
function seriesOf(metrics: readonly Row[]): Series[] {
  const every = Math.ceil(metrics.length / 200);
  const rows = metrics.filter((_, i) => (metrics.length - 1 - i) % every === 0);
  return Object.entries(columns).map(([title, column]) => ({
    title,
    steps: rows.map((row) => Number(row.step)),
    values: rows.map((row) => Number(Number(row[column]).toPrecision(3))),
  }));
}
