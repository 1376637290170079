/** The graph of stages as tasks: each once, after what it needs, with the caller's settings where they belong. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { languageTaskGraph } from '../lib/recipe/language/taskGraph';
import { presets } from '../lib/recipe/presets';
import { taskGraph } from '../lib/recipe/taskGraph';
import { wholeRecipe } from '../lib/recipe/wholeRecipe';
import { temporaryFolder } from './support/folder';

const place = temporaryFolder();
const preset = presets.quick;
const common = { preset: 'quick', task: undefined };

test('a stage of three seeds brings what it needs, once, and before it', () => {
  const asked = [{ stage: 'r1-zero', preset, caller: { steps: 7 } }] as const;
  const tasks = taskGraph(asked, { seeds: [0, 1, 2], place, common });
  assert.deepEqual(
    tasks.map((task) => [task.name, task.needs.join(), task.arguments.join(' ')]),
    [0, 1, 2].flatMap((seed) => [
      [`small-base-s${seed}`, '', `--preset quick --size small --stage base --seed ${seed}`],
      [
        `small-r1-zero-s${seed}`,
        `small-base-s${seed}`,
        `--preset quick --size small --stage r1-zero --seed ${seed} --steps 7`,
      ],
    ]),
  );
});

test('the whole recipe: every stage after all that it needs, students of every size, one teacher', () => {
  const asked = wholeRecipe(preset).map((one) => ({ ...one, caller: {} }));
  const tasks = taskGraph(asked, { seeds: [0, 1], place, common });
  const names = tasks.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  for (const [i, { needs }] of tasks.entries())
    for (const need of needs) assert.ok(names.slice(0, i).includes(need), need);
  const teachers = names.filter((name) => /distillation-data/.test(name));
  assert.deepEqual(new Set(teachers), new Set([0, 1].map((seed) => `${preset.teacher}-distillation-data-s${seed}`))); // prettier-ignore
  for (const size of preset.students) assert.ok(names.includes(`${size}-distilled-s1`));
});

test('of a hundred seeds no stage is left out', () => {
  const asked = wholeRecipe(preset).map((one) => ({ ...one, caller: {} }));
  const seeds = Array.from({ length: 100 }, (_, seed) => seed);
  assert.ok(taskGraph(asked, { seeds, place, common }).length >= 100 * asked.length - 99); // the teacher is one
});

test('a stage of a language model needs the adapters of all the stages before it', () => {
  const asked = [{ stage: 'dev3-random', caller: {} }];
  const tasks = languageTaskGraph(asked, {
    seeds: [4],
    model: 'own',
    common: { data: 'sums' },
    memory: 5e9,
  });
  const [dev1, dev2, dev3, random] = ['dev1', 'dev2', 'dev3', 'dev3-random'].map((stage) => `own-${stage}-s4`); // prettier-ignore
  assert.deepEqual(
    tasks.map(({ name, needs }) => [name, needs]),
    [
      [dev1, []],
      [dev2, [dev1]],
      [dev3, [dev1, dev2]],
      [random, [dev1, dev2, dev3]],
    ],
  );
  assert.deepEqual(tasks[1]!.arguments, '--model own --data sums --stage dev2 --seed 4'.split(' '));
});
