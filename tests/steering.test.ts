import './support/withoutXla';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tf } from '../lib/engine/tensorflow';
import { readChanges, readRunInfo } from '../lib/runs/run';
import { runFolder } from '../lib/stages/places';
import type { RewardFunction } from '../lib/rewards/reward';
import { rlSettings, type RLSettings } from '../lib/stages/settings';
import {
  changesOf,
  replay,
  steered,
  type Orders,
  type Standing,
  type Steering,
} from '../lib/stages/loop/steering';
import type { PanelState } from '../lib/workbook/panelState';
import { trainingPanel } from '../lib/workbook/trainingPanel';
import { trainRL, type RLResult } from '../lib/stages/rl';
import { drawView } from './support/fakeDom';
import { temporaryFolder } from './support/folder';
import { snapshot } from './support/microModel';
import { metricsOf, microRun, microSteps } from './support/microRun';

const place = temporaryFolder();

const settings: Partial<RLSettings> = {
  ...microSteps,
  steps: 4,
  plan: [{ task: 'countdown', level: 3, prompts: 3 }],
};

/** A fresh model is never right, so it is paid for two words. */
const payForWords: RewardFunction = (_, text, __, weights) => {
  const [accuracy, format] = [+text.includes('to'), +/try|no/.test(text)];
  const total = weights!.accuracy * accuracy + weights!.format * format;
  return { accuracy, format, language: 0, total };
};

let tensors = new Set<number>();

/** Trains a micro run of R1-Zero, and returns what it left in its folder. */
async function zero(
  stage: string,
  more: { steering?: Steering; settings?: Partial<RLSettings> } = {},
) {
  tensors = new Set();
  const result: RLResult | null = await trainRL({
    ...microRun,
    stage,
    place,
    rewardFn: payForWords,
    onStep: () => void tensors.add(tf.memory().numTensors),
    ...more,
    settings: { ...settings, ...more.settings },
  });
  const folder = runFolder(place, `tiny-${stage}-s0`);
  return {
    steps: readRunInfo(folder)!.steps,
    left: {
      changes: readChanges(folder),
      metrics: metricsOf(folder),
      weights: result && snapshot(result.model.parameters),
    },
  };
}

/** Gives these orders, one set a boundary, and notes where it was asked. */
function script(orders: Readonly<Record<number, Orders>>, asked: number[] = []): Steering {
  return {
    before({ step }) {
      asked.push(step);
      return orders[step] ?? {};
    },
  };
}

test('settings after changes, and what orders change', () => {
  const all = rlSettings('small');
  const changes = [
    { step: 1, name: 'temperature', value: 0.5 },
    { step: 2, name: 'format', value: 0.2 },
    { step: 3, name: 'temperature', value: 0.8 },
  ];
  const now = steered(all, changes);
  assert.deepEqual(now, { ...all, temperature: 0.8, rewards: { accuracy: 1, format: 0.2, language: 0 } }); // prettier-ignore
  const standing = { step: 9, settings: now, metrics: [], changes };
  assert.deepEqual(changesOf(standing, {}), []);
  assert.deepEqual(
    changesOf(standing, { values: { temperature: 0.8, accuracy: 0, format: 0.2 } }),
    [{ step: 9, name: 'accuracy', value: 0 }],
  );
  assert.throws(() => replay([{ step: 0, name: 'seed', value: 1 }]), {
    name: 'UserError',
    message: 'cannot steer seed: use learningRate, temperature, accuracy, format, language',
  });
});

const live: Readonly<Record<number, Orders>> = {
  1: { values: { learningRate: 0.003, temperature: 0.7 } },
  2: { values: { temperature: 0.7, accuracy: 0.5 } },
  3: { values: { temperature: 1, format: 1 } },
};
const log = [
  { step: 1, name: 'learningRate', value: 0.003 },
  { step: 1, name: 'temperature', value: 0.7 },
  { step: 2, name: 'accuracy', value: 0.5 },
  { step: 3, name: 'temperature', value: 1 },
  { step: 3, name: 'format', value: 1 },
];

test('a steered run is its log replayed, paused, or stopped and gone on with, bit for bit', async () => {
  const { left: plain } = await zero('plain');
  assert.deepEqual(plain.changes, []);
  const { left: whole } = await zero('whole', { steering: script(live) });
  assert.equal(tensors.size, 1, 'no step leaves a tensor behind');
  assert.deepEqual(whole.changes, log);
  assert.deepEqual(whole.metrics[0], plain.metrics[0]);
  assert.notDeepEqual(whole.metrics[1], plain.metrics[1]);
  assert.notDeepEqual(whole.weights, plain.weights);

  const { left: replayed } = await zero('replayed', { steering: replay(whole.changes) });
  assert.deepEqual(replayed, whole);

  // stopped before step 2, at which there is something to change too, and gone on with
  const asked: number[] = [];
  const stop = { ...live, 2: { ...live[2], stop: true } };
  const first = await zero('parts', { steering: script(stop, asked) });
  assert.deepEqual([first.left.weights, first.steps, asked], [null, 2, [0, 1, 2]]);
  assert.deepEqual(first.left.changes, log.slice(0, 3));
  const steps: number[] = [];
  let ended = 0;
  const { left: parts } = await zero('parts', {
    steering: {
      async before({ step, settings: now, metrics }) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        steps.push(step);
        assert.equal(metrics.length, step);
        if (step === 2) assert.deepEqual([now.temperature, now.rewards.accuracy], [0.7, 0.5]);
        return live[step] ?? {};
      },
      end: () => void ended++,
    },
  });
  assert.deepEqual([steps, ended], [[2, 3], 1]);
  assert.deepEqual(parts, whole);
});

test('at any temperature the ratio of a first update is 1, and the reference is as warm as the policy', async () => {
  for (const klCoef of [0, 0.1]) {
    const grpo = { ...rlSettings('tiny').grpo, klCoef, updatesPerBatch: 1 };
    const more = { settings: { steps: 1, temperature: 0.5, grpo } };
    const [row] = (await zero(`cold-${klCoef}`, more)).left.metrics;
    // without a reference `policy/kl` is measured against the policy that sampled; here the two are one
    assert.ok(Math.abs(row!['policy/kl'] as number) < 1e-6, String(row!['policy/kl']));
    assert.equal(row!['policy/clipFraction'], 0);
  }
});

const standing = (step: number): Standing => ({
  step,
  settings: rlSettings('small'),
  metrics: Array.from({ length: step }, (_, i) => ({ step: i, 'reward/accuracy': i / 10 })),
  changes: [],
});

test('where no browser listens the panel steers nothing', async () => {
  const panel = trainingPanel();
  assert.deepEqual(await panel.before(standing(0)), {});
  panel.end!();
});

test('in a notebook clicks become orders at the next step', async () => {
  let wish: (wish: object) => void = () => undefined;
  const sent: PanelState[] = [];
  let closed = 0;
  const open = (
    _: string,
    data: { state: { state: PanelState } },
    onMessage: (message: object, reply: () => void) => void,
  ) => {
    sent.push(data.state.state);
    wish = (made) => onMessage({ method: 'update', state: { wish: made } }, () => undefined);
    return {
      id: 'c1',
      send: ({ state }: { state: { state: PanelState } }) => sent.push(state.state),
      close: () => closed++,
    };
  };
  const shown: object[] = [];
  const keys = [Symbol.for('r1.comm'), Symbol.for('r1.display')] as const;
  Object.assign(globalThis, {
    [keys[0]]: { open },
    [keys[1]]: ({ data }: { data: object }) => void shown.push(data),
  });
  try {
    const panel = trainingPanel();
    assert.deepEqual(await panel.before(standing(0)), { values: undefined, stop: false });
    assert.equal(shown.length, 1);
    wish({ values: { temperature: 0.9 } });
    wish({ values: { format: 0.1, temperature: 0.8 } });
    const { values, stop } = await panel.before(standing(1));
    assert.deepEqual([values, stop], [{ temperature: 0.8, format: 0.1 }, false]);
    const { changes, series, paused } = sent.at(-1)!;
    assert.deepEqual(changes, [{ step: 1, name: 'temperature', value: 0.8 }]);
    assert.deepEqual(series[0], { title: 'right answers', steps: [0], values: [0] });
    assert.equal(paused, false);

    wish({ paused: true });
    let orders: Orders | null = null;
    const waiting = Promise.resolve(panel.before(standing(2))).then((given) => (orders = given));
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual([orders, sent.at(-1)!.paused], [null, true]);
    wish({ values: { accuracy: 2 } });
    wish({ paused: false });
    assert.deepEqual((await waiting).values, { accuracy: 2 });
    wish({ paused: true });
    wish({ stop: true });
    assert.equal((await panel.before(standing(3))).stop, true);
    panel.end!();
    assert.equal(closed, 1);
    assert.match(JSON.stringify(shown.at(-1)), /Steered by hand: /);
  } finally {
    for (const key of keys) Reflect.deleteProperty(globalThis, key);
  }
});

test('the view of the panel: what it shows, and what it asks for', async () => {
  const wishes: object[] = [];
  const state: PanelState = {
    step: 2,
    steps: 5,
    paused: false,
    values: { learningRate: 0.001, temperature: 1, accuracy: 1, format: 0.1, language: 0 },
    changes: [{ step: 1, name: 'format', value: 0.1 }],
    series: [{ title: 'reward', steps: [0, 1], values: [0.5, 1] }],
  };
  let redraw: () => void = () => undefined;
  const model = {
    get: () => state,
    set: (_: string, wish: object) => wishes.push(wish),
    save_changes: () => undefined,
    on: (_: string, call: () => void) => void (redraw = call),
  };
  const box = await drawView('trainingPanel', model);
  const [pause, stop] = box.withTag('button');
  const [status] = box.all((e) => e.attributes['aria-live'] !== undefined);
  const [figure] = box.withTag('figure');
  assert.match(figure!.html, /aria-label="reward: 0.5 at first, now 1"><path d="M40.0 0V48"\/>/);
  assert.match(figure!.html, /points="0.0,24.0 40.0,2.0"/);
  assert.equal(box.withTag('li')[0]!.textContent, 'step 1: format 0.1');
  const [rate, temperature] = box.withTag('input');
  const outputs = box.withTag('output');
  assert.deepEqual(outputs.map((e) => e.textContent), ['0.001', '1', '1', '0.1', '0']); // prettier-ignore
  const slide = (slider: typeof rate, at: number): void => {
    slider!.valueAsNumber = at;
    slider!.fire('input');
    slider!.fire('change');
  };
  slide(rate, -1);
  slide(temperature, 0.8);
  assert.equal(outputs[1]!.textContent, '0.8 from the next step');
  Object.assign(state, { values: { ...state.values, temperature: 0.8 } });
  redraw();
  assert.equal(outputs[1]!.textContent, '0.8');
  assert.equal(status!.textContent, 'running');
  pause!.fire();
  assert.deepEqual([pause!.textContent, status!.textContent], ['resume', 'pausing']);
  Object.assign(state, { paused: true });
  redraw();
  assert.equal(status!.textContent, 'paused');
  stop!.fire();
  assert.deepEqual(wishes, [
    { values: { learningRate: 0.0001 } },
    { values: { temperature: 0.8 } },
    { paused: true },
    { stop: true },
  ]);
});
