import './support/withoutXla';
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { Script } from 'node:vm';
import { stopFlag } from '../lib/core/loop';
import { tf } from '../lib/engine/tensorflow';
import { rewardMap } from '../lib/plots/rewardMap';
import { readInspection, type InspectionRecord } from '../lib/runs/run';
import { marksOf } from '../lib/stages/inspection';
import { groupText, inspectorPage, readInspectorData } from '../lib/workbook/inspector';
import { inspectorData } from '../lib/workbook/inspectorData';
import { runFolder } from '../lib/stages/places';
import type { RLSettings } from '../lib/stages/settings';
import { trainRL } from '../lib/stages/rl';
import { countdownProblem } from '../lib/tasks/countdown';
import { findings } from '../lib/tasks/diagnose';
import { unitsProblem } from '../lib/tasks/units';
import { drawView, FakeElement } from './support/fakeDom';
import { temporaryFolder } from './support/folder';
import { snapshot } from './support/microModel';
import { metricsOf, microRL, microRun } from './support/microRun';

const place = temporaryFolder();
const countdown = countdownProblem(26, [3, 5, 7]);

test('the places of findings, by hand', () => {
  // 0 <think>, 1 try, 6 16, 10 26, 12 25, 13 yes, 15 试, 20 16, 21 不, 22 试, 27 26, 28 no
  const trace =
    '<think> try 3 * 5 = 16 - 17 = 26 -> 25 yes wait 试 3 * 5 = 16 不 试 7 x 5 = 26 no 等 </think>';
  assert.deepEqual(findings(countdown, trace), {
    calculations: [
      { at: 6, legal: true, right: false },
      { at: 10, legal: false, right: false },
      { at: 20, legal: true, right: false },
      { at: 27, legal: false, right: false },
    ],
    verdicts: [
      { at: 13, right: true },
      { at: 21, right: true },
      { at: 28, right: false },
    ],
    copies: [{ at: 12, right: false }],
    attempts: [1, 15, 22].map((at) => ({ at, right: true })),
  });
  // the second attempt repeats the first; the answer is no part of the trace; the last `=` has nothing behind it
  const repeated = 'try 3 + 5 = 8 -> 26 no wait 试 3 + 5 = 8 -> 26 no try 3 + 5 =';
  assert.deepEqual(marksOf(countdown, `${repeated} <answer> try 1 = yes`), {
    attempts: [0, 10, 19],
    repeats: [10],
    verdicts: [8, 18],
    wrongVerdicts: [],
    wrongCalculations: [23],
  });
  // units beside the values do not count, and keep their places
  const units = unitsProblem({ level: 1, start: 12, unit: 'm', sign: '+', rate: 3, time: 5 });
  const { calculations, verdicts } = findings(units, '3 * 5 = 15 so 12 m + 15 = 28 m no');
  assert.deepEqual(calculations.map(({ at, right }) => [at, right]), [[4, true], [11, false]]); // prettier-ignore
  assert.deepEqual(verdicts, []);
});

const settings: Partial<RLSettings> = {
  ...microRL,
  steps: 3,
  plan: [{ task: 'countdown', level: 3, prompts: 2 }],
  evaluated: [
    { task: 'countdown', level: 3 },
    { task: 'units', level: 0 },
  ],
  evaluateEvery: 9,
  finalProblems: 1,
};

/** Trains a micro run that is paid for the word `to`, and returns what it left in its folder. */
async function zero(stage: string, inspect?: RLSettings['inspect'], stopAfter = Infinity) {
  const tensors = new Set<number>();
  const result = await trainRL({
    ...microRun,
    stage,
    place,
    settings: { ...settings, ...(inspect && { inspect }) },
    rewardFn: (_, text) => {
      const total = +text.includes('to') + 1 / 3;
      return { accuracy: total, format: 0, language: 0, total };
    },
    onStep: (row) => {
      tensors.add(tf.memory().numTensors);
      if (row.step === stopAfter) stopFlag.requested = true;
    },
  });
  const folder = runFolder(place, `tiny-${stage}-s0`);
  const metrics = metricsOf(folder);
  const weights = result && snapshot(result.model.parameters);
  return { folder, tensors, metrics, weights, lines: readInspection(folder) };
}

test('inspecting a run changes nothing in it, leaves no tensor, and goes on where it was stopped', async () => {
  const plain = await zero('plain');
  assert.ok(!fs.existsSync(path.join(plain.folder, 'inspection.jsonl')));
  const seen = await zero('seen', { everySteps: 2, problems: 3 });
  assert.deepEqual([seen.metrics, seen.weights], [plain.metrics, plain.weights]);
  assert.equal(seen.tensors.size, 1);

  // before steps 0 and 2, and at the end
  const { lines } = seen;
  const order = [0, 2, 3].flatMap((step) =>
    [0, 1, 2].flatMap((problem) => [0, 1, 2, 3].map((sample) => [step, problem, sample])),
  );
  assert.deepEqual(lines.map(({ step, problem, sample }) => [step, problem, sample]), order); // prettier-ignore
  const asked = [0, 4, 8].map((i) => `${lines[i]!.task} ${lines[i]!.language}`);
  assert.deepEqual(asked, ['countdown en', 'units zh', 'countdown en']);
  for (const line of lines) {
    const n = line.completion.split(' ').length;
    assert.deepEqual([line.logprobs.length, line.entropies.length], [n, n]);
    assert.ok([...line.logprobs, ...line.entropies, line.reward.total!].every((v) => v === Number(v.toFixed(3)))); // prettier-ignore
    assert.equal(line.reward.total, line.completion.includes('to') ? 1.333 : 0.333);
  }
  for (let i = 0; i < lines.length; i += 4) {
    const sum = lines.slice(i, i + 4).reduce((s, { advantage }) => s + advantage, 0);
    assert.ok(Math.abs(sum) < 0.003, `advantages of a group add up to ${sum}`);
  }
  assert.equal((await zero('parts', { everySteps: 2, problems: 3 }, 0)).weights, null);
  assert.deepEqual((await zero('parts', { everySteps: 2, problems: 3 })).lines, lines);

  const { name, steps, problems } = readInspectorData(seen.folder);
  assert.deepEqual([name, steps, problems.length], ['tiny-seen-s0', [0, 2, 3], 3]);
  assert.throws(() => readInspectorData(plain.folder), { name: 'UserError', message: /was not inspected: train it with the setting inspect/ }); // prettier-ignore
  assert.throws(() => readInspectorData('nobody'), { name: 'UserError', message: /no run nobody/ });
});

/** Two steps, one problem, two samples; the second one errs in every way. */
const lines = [0, 5].flatMap((step) =>
  [
    '<think> try 3 * 7 = 21 + 5 = 26 -> 26 yes </think> <answer> 3 * 7 + 5 </answer> <eos>',
    'try 3 + 5 = 9 -> 26 yes wait try 3 + 5 = 9 -> 26 no',
  ].map((completion, sample): InspectionRecord => {
    const places = completion.split(' ').map((_, i) => i);
    const correct = sample === 0;
    return {
      step,
      problem: 0,
      sample,
      task: 'countdown',
      level: 3,
      language: 'en',
      prompt: 'make 26 : 3 5 7 _',
      completion,
      logprobs: places.map((i) => -i / 10),
      entropies: places.map((i) => i / 100),
      advantage: correct ? 1 : -1,
      reward: { accuracy: +correct, format: +correct, total: correct ? 1.1 : 0 },
      correct,
      marks: marksOf(countdown, completion),
    };
  }),
);
const data = inspectorData('tiny-x-s0', lines);

test('an inspection without levels to inspect is refused in one line, before anything is written', async () => {
  const inspect = { everySteps: 2, problems: 3 };
  const asked = { ...settings, evaluated: [], inspect };
  await assert.rejects(trainRL({ ...microRun, stage: 'blind', place, settings: asked }), {
    name: 'UserError',
    message:
      'blind inspects problems of the evaluated levels, and evaluated is empty: name a level, or leave out inspect',
  });
  assert.ok(!fs.existsSync(runFolder(place, 'tiny-blind-s0')));
});

test('the data of the view, its chart and its words', () => {
  assert.deepEqual(data.steps, [0, 5]);
  const [problem] = data.problems;
  assert.deepEqual([problem!.about, problem!.prompt], ['countdown 3, en', 'make 26 : 3 5 7 _']);
  assert.deepEqual(problem!.groups.map((group) => group.map(({ advantage }) => advantage)), [[1, -1], [1, -1]]); // prettier-ignore
  const chart = rewardMap({ title: 'Rewards' }, data);
  assert.equal(chart.alt, 'Rewards. Right answers: 1 of 2 at step 0, 1 of 2 at step 5.');
  assert.deepEqual(groupText(data).split('\n').slice(0, 2), [
    'countdown 3, en: make 26 : 3 5 7 _, at step 5: reward, advantage, completion',
    `✓  1.10   1.00  ${lines[2]!.completion}`,
  ]);
});

test('the page is one file that asks nobody for anything, and its script draws the view', () => {
  const page = inspectorPage(data);
  assert.doesNotMatch(page, /https?:|src=|href=|url\(/);
  assert.match(page, /default-src 'none'/);
  assert.equal(page.split('</script>').length, 2);
  const script = /<script type="module">([^]*)<\/script>/.exec(page)![1]!;
  const body = script.replace(/export default {.*};/, '');
  const document = {
    createElement: (tag: string) => new FakeElement(tag),
    body: new FakeElement('body'),
  };
  new Script(body).runInNewContext({ document });
  const cells = document.body.withTag('td').filter((e) => e.attributes.title);
  assert.deepEqual(
    cells.map((e) => e.attributes['aria-label']),
    [
      'step 0, sample 1: reward 1.1, right',
      'step 5, sample 1: reward 1.1, right',
      'step 0, sample 2: reward 0, wrong',
      'step 5, sample 2: reward 0, wrong',
    ],
  );
  const json = /get: \(\) => \((.*)\) \}/.exec(script)![1]!;
  assert.deepEqual(JSON.parse(json), JSON.parse(JSON.stringify(data)));
});

test('in the view the keys move through steps and samples, colours and tokens', async () => {
  const box = await drawView('inspector', { get: () => data });
  const [live] = box.all((e) => e.attributes['aria-live'] !== undefined);
  const [table] = box.withTag('table');
  const cells = (): FakeElement[] => table!.withTag('td').filter((e) => e.attributes.title);
  const marked = (): string => cells().find((e) => e.tabIndex === 0)!.attributes['aria-label']!;
  const [tokens] = box.all((e) => e.attributes.role === 'listbox');
  const press = (key: string, target: FakeElement): boolean => {
    let taken = false;
    const preventDefault = (): void => void (taken = true);
    box.listeners.keydown!({ key, target, preventDefault, stopPropagation: () => {} });
    return taken;
  };
  assert.equal(cells().length, 4);
  assert.equal(marked(), 'step 0, sample 1: reward 1.1, right');
  assert.match(live!.textContent, /^Right\. Reward 1\.1 \(accuracy 1, format 1\), advantage \+1\./);
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown', 'ArrowDown'])
    assert.ok(press(key, cells()[0]!));
  assert.equal(marked(), 'step 5, sample 2: reward 0, wrong');
  assert.equal(FakeElement.focused!.attributes['aria-label'], marked());
  assert.match(live!.textContent, /advantage −1\. Tokens: 19, attempts: 2, made before: 1\./);
  assert.match(live!.textContent, /The first wrong calculation at token 6, 9; the first wrong verdict at token 9, yes; the first repeated attempt at token 11, try\.$/); // prettier-ignore
  assert.deepEqual(tokens!.withTag('em').map((e) => e.textContent), ['◂ first wrong calculation', '◂ first wrong verdict', '◂ first repeated attempt']); // prettier-ignore

  const tokenClass = (): string => tokens!.withTag('span')[5]!.attributes.class!;
  assert.equal(tokenClass(), 'token log-probability wrong');
  assert.ok(press('3', tokens!));
  assert.equal(tokenClass(), 'token advantage minus wrong');
  assert.equal(tokens!.withTag('span')[5]!.attributes.style, '--strength: 50%');
  for (let i = 0; i < 5; i++) press('ArrowRight', tokens!);
  const [readout] = box.all((e) => e.attributes.class === 'readout');
  assert.equal(readout!.textContent, 'token 6, 9 · log-probability −0.5 (61 %) · entropy 0.05 · advantage −1 · wrong calculation'); // prettier-ignore
  assert.equal(marked(), 'step 5, sample 2: reward 0, wrong');
  assert.ok(!press('x', tokens!));

  cells()[0]!.fire();
  assert.equal(marked(), 'step 0, sample 1: reward 1.1, right');
  const cards = box.withTag('button');
  assert.deepEqual(cards.map((e) => e.attributes['aria-pressed']), ['true', 'false', 'true', 'false']); // prettier-ignore
  cards[1]!.fire();
  assert.equal(marked(), 'step 0, sample 2: reward 0, wrong');
});
