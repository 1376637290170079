/** Test-time compute of finished models, measured on held-out problems: many samples, and limits on thinking. */
import { progress } from '../core/progress';
import { problemsOf, type EvaluationSpec } from '../evaluation/evaluate';
import { measureBudget, measureTestTime, type BudgetPoint, type TestTime } from '../evaluation/testTime'; // prettier-ignore
import { recordedShape } from '../model/config';
import type { Model } from '../model/parameters';
import type { Run, RunInfo } from '../runs/run';
import { defaultCap } from '../sampling/cap';
import { openRun, type RunOf } from './loop/openRun';
import { samplerFor } from './places';

export interface TestTimeSettings {
  readonly evaluated: readonly EvaluationSpec[];
  readonly problems: number;
  /** completions of each problem, a power of two */
  readonly samples: number;
  /** tokens of a completion at most, where thinking has no budget */
  readonly maxNewTokens: number;
  /** each is a limit on thinking: the tokens before the answer has to begin */
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
  maxNewTokens: defaultCap,
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
async function testTimeOf(
  model: Model,
  name: string,
  seed: number,
  settings: TestTimeSettings,
): Promise<TestTimeLine[]> {
  const { evaluated, problems, samples, maxNewTokens, budgets, budgetSamples } = settings;
  const sampler = samplerFor(model.config);
  const bar = progress(`test-time compute of ${name}`, 1);
  try {
    const lines: TestTimeLine[] = [];
    for (const [i, spec] of evaluated.entries()) {
      const set = problemsOf(spec, problems);
      const onProgress = (share: number): void => bar.update((i + share) / evaluated.length);
      const options = { samples, maxNewTokens, seed, onProgress };
      const measured = await measureTestTime(model.parameters, sampler, set, options);
      const limited: BudgetPoint[] = [];
      for (const budget of budgets) {
        const limit = { budget, samples: budgetSamples, seed };
        limited.push(await measureBudget(model.parameters, sampler, set, limit));
      }
      lines.push({ model: name, ...measured, budgets: limited });
    }
    bar.end();
    return lines;
  } finally {
    sampler.dispose();
  }
}

export interface MeasureOptions extends RunOf {
  /** the models to measure, one after another, and the stages that they are of */
  readonly models: readonly Model[];
  readonly stages: readonly string[];
  /** the name of the first of them, for the record */
  readonly fromName: string;
  readonly settings: TestTimeSettings;
}

/** Measures several models, and leaves a run with their lines. */
export async function measureModels(options: MeasureOptions): Promise<RunInfo> {
  const { models, stages, fromName, settings } = options;
  const about = { from: fromName, model: recordedShape(models[0]!.config), stages, ...settings };
  return openRun(options, about, ({ run }) => measureIn(run, options));
}

async function measureIn(
  run: Run,
  { models, stages, seed, settings }: MeasureOptions,
): Promise<RunInfo> {
  const lines: TestTimeLine[] = [];
  for (const [i, model] of models.entries())
    lines.push(...(await testTimeOf(model, stages[i]!, seed, settings)));
  run.tokens = lines.reduce((sum, { lengths, samples }) => {
    const tokens = lengths.reduce((all, length) => all + length * samples, 0);
    return Math.round(sum + tokens);
  }, 0);
  return run.finish(0, { lines });
}
