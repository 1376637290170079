/** What the training panel shows of a run, and what a person wishes there: plain data, for a notebook and for a page. */
import type { Row } from '../core/csv';
import { stopFlag } from '../core/loop';
import type { Change } from '../runs/run';
import {
  changesOf,
  steered,
  steeredValues,
  type Orders,
  type Standing,
  type SteeredValues,
} from '../stages/loop/steering';

/** What the browser sends: the value of a slider that was let go, or the button that was pressed. */
export interface Wish {
  readonly values?: Partial<SteeredValues>;
  readonly paused?: boolean;
  readonly stop?: boolean;
}

/** What a person wishes before the next step. */
export interface Wishes {
  now: Wish;
}

/** Adds a wish to those before it. */
export function addWish(wishes: Wishes, { values, ...buttons }: Wish): void {
  wishes.now = { ...wishes.now, ...buttons, values: { ...wishes.now.values, ...values } };
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

/** Returns what is wished before a step. While a pause is wished it waits; `show` gets what the panel shows. */
export async function ordersOf(
  standing: Standing,
  wishes: Wishes,
  show: (state: PanelState) => void,
): Promise<Orders> {
  let shown: Wish | null = null;
  while (wishes.now.paused && !wishes.now.stop && !stopFlag.requested) {
    if (wishes.now !== shown) show(panelState(standing, wishes.now, true));
    shown = wishes.now;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const { values, stop } = wishes.now;
  const orders: Orders = { values, stop: stop || stopFlag.requested };
  wishes.now = {};
  show(panelState(standing, orders, false));
  return orders;
}

/** The panel of a run before its next step. */
export function panelState(standing: Standing, orders: Orders, paused: boolean): PanelState {
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
