/** Test-time compute of finished models, measured on held-out problems: many samples, and limits on thinking. */
import { progress } from '../core/progress';
import { problemsOf, type EvaluationSpec } from '../evaluation/evaluate';
import { measureBudget, measureTestTime, type BudgetPoint, type TestTime } from '../evaluation/testTime'; // prettier-ignore
import type { Model } from '../model/parameters';
import { Run, type RunInfo } from '../runs/run';
import { runFolder, samplerFor } from './places';
import { nameOf, type Stage } from '../recipe/stage';
import { versions } from './versions';

export interface TestTimeSettings {
  readonly evaluated: readonly EvaluationSpec[];
  readonly problems: number;
  /** completions of each problem, a power of two */
  readonly samples: number;
  /** most tokens before the answer has to begin */
  readonly budgets: readonly number[];
  readonly budgetSamples: number;
}

export const defaultTestTime: TestTimeSettings = {
  evaluated: [
    { task: 'countdown', level: 3 },
    { task: 'countdown', level: 5 },
  ],
  problems: 300,
  samples: 64,
  budgets: [15, 30, 60, 100, 150],
  budgetSamples: 8,
};

/** What one model measured on one set of problems. */
export interface TestTimeLine extends TestTime {
  /** stage of the model */
  readonly model: string;
  readonly budgets: readonly BudgetPoint[];
}

/** The lines of a finished measurement. */
export const testTimeLines = ({ result }: RunInfo): readonly TestTimeLine[] =>
  (result?.lines ?? []) as readonly TestTimeLine[];

/** Measures a model on every set of problems. `seed` is that of the sampling. */
export async function testTimeOf(
  model: Model,
  name: string,
  seed: number,
  settings: TestTimeSettings = defaultTestTime,
): Promise<TestTimeLine[]> {
  const { evaluated, problems, samples, budgets, budgetSamples } = settings;
  const sampler = samplerFor(model.config);
  const bar = progress(`test-time compute of ${name}`, 1);
  try {
    const lines: TestTimeLine[] = [];
    for (const [i, spec] of evaluated.entries()) {
      const set = problemsOf(spec, problems);
      const onProgress = (share: number): void => bar.update((i + share) / evaluated.length);
      const options = { samples, seed, onProgress };
      const measured = await measureTestTime(model.parameters, sampler, set, options);
      const limited: BudgetPoint[] = [];
      for (const budget of budgets)
        limited.push(
          await measureBudget(model.parameters, sampler, set, { budget, samples: budgetSamples, seed }), // prettier-ignore
        );
      lines.push({ model: name, ...measured, budgets: limited });
    }
    bar.end();
    return lines;
  } finally {
    sampler.dispose();
  }
}

/** A measurement of these stages, one after another. */
const testTime = <Name extends string>(...needs: Name[]): Stage<Name> => ({
  needs,
  makesModel: false,
  anyBase: true,
  make: async (job) => {
    const { preset, size, seed, stage, place, fromName, models } = job;
    const settings = { ...defaultTestTime, ...preset.testTime };
    const { run } = Run.open(runFolder(place, nameOf(job)), {
      stage,
      size,
      seed,
      config: { from: fromName, model: models[0]!.config, stages: needs, ...settings },
      versions: await versions(),
    });
    const lines: TestTimeLine[] = [];
    for (const [i, model] of models.entries())
      lines.push(...(await testTimeOf(model, needs[i]!, seed, settings)));
    run.tokens = lines.reduce((sum, { lengths, samples }) => {
      const tokens = lengths.reduce((all, length) => all + length * samples, 0);
      return Math.round(sum + tokens);
    }, 0);
    return { info: run.finish(0, { lines }) };
  },
});

export const testTimes = {
  'test-time': testTime('base', 'r1-zero', 'dev1', 'dev2', 'dev3', 'r1'),
} as const satisfies Record<string, Stage>;

export const testTimeArms = {
  'test-time-students': testTime('base', 'student-rl', 'distilled', 'distilled-rl'),
  'test-time-generations': testTime('base', 'gen1', 'gen2', 'gen3', 'gen4'),
} as const satisfies Record<string, Stage>;
