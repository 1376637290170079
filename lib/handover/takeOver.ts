/** Takes a run of another trainer over: its curves, and its checkpoint, measured and inspected as one of ours. */
import * as fs from 'node:fs';
import { progress } from '../core/progress';
import { UserError } from '../core/errors';
import { disposeTree } from '../engine/tree';
import { problemsOf } from '../evaluation/evaluate';
import { recordedShape } from '../model/config';
import type { Evaluation } from '../evaluation/score';
import type { RunInfo } from '../runs/run';
import { evaluateLevel } from '../stages/evaluateLevel';
import { inspect } from '../stages/inspection';
import { exportFolder } from '../stages/language/exportModel';
import { openCheckpoint } from '../stages/language/openCheckpoint';
import { openRun, type RunOf } from '../stages/loop/openRun';
import { checkpointFolder, local, samplerFor, stageName } from '../stages/places';
import type { RLSettings } from '../stages/settings';
import { readLog } from './readLog';

export interface TakeoverOptions extends RunOf {
  /** the folder of the trained model, as `transformers` saves it */
  readonly checkpoint: string;
  /** how it is measured: the evaluated levels, their problems, and the cap */
  readonly settings: RLSettings;
}

/** Groups of so many problems are kept for the inspector. */
const inspectedProblems = 4;

/** Makes a run of a log and a checkpoint of that model, and measures it. A run of that name must not be there. */
export async function takeOver(log: string, options: TakeoverOptions): Promise<RunInfo> {
  const { size, stage, seed, place = local, checkpoint, settings } = options;
  const name = stageName(size, stage, seed);
  const target = checkpointFolder(place, name);
  if (fs.existsSync(target)) throw new UserError(`${name} is there already: give it another name`);
  const { trainer, rows } = readLog(log);
  const { parameters, config, tokenizer } = openCheckpoint(checkpoint);
  const sampler = samplerFor(config, tokenizer);
  const steps = Number(rows.at(-1)!.step) + 1;
  const seconds = Number(rows.at(-1)!.seconds ?? 0);
  const { evaluated, finalProblems, maxNewTokens } = settings;
  const about = { from: trainer, model: recordedShape(config), evaluated, finalProblems, maxNewTokens }; // prettier-ignore
  const bar = progress(name, evaluated.length);
  try {
    const startedAt = Date.now() - 1000 * seconds;
    return await openRun({ ...options, startedAt }, about, async ({ run }) => {
      run.metrics.push(...rows);
      run.tokens = Number(rows.at(-1)!.tokens ?? 0);
      const watched = { everySteps: steps, problems: inspectedProblems };
      await inspect({ run, parameters, sampler }, steps, { ...settings, steps, seed, inspect: watched }); // prettier-ignore
      const evaluations: Evaluation[] = [];
      for (const [i, spec] of evaluated.entries()) {
        const report = (note: string): void => bar.update(i, note);
        const at = { set: problemsOf(spec, finalProblems), step: steps, seed, settings, report };
        evaluations.push(await evaluateLevel(run, parameters, sampler, at));
      }
      bar.end();
      exportFolder(checkpoint, target);
      return run.finish(steps, { trainer, evaluations });
    });
  } finally {
    sampler.dispose();
    disposeTree(parameters);
  }
}
