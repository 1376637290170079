import type { Row } from '../../lib/core/csv';
import { modelConfig } from '../../lib/model/config';
import { initParameters, type Model } from '../../lib/model/parameters';
import { readMetrics } from '../../lib/runs/run';
import type { RLSettings } from '../../lib/stages/settings';
import { taskVocabularySize } from '../../lib/tokenizer/vocabulary';
import { without } from './rows';

const config = modelConfig('tiny', taskVocabularySize);

/** A model of the smallest size with fresh weights. The runs of tests start from it. */
export const microBase: Model = { config, parameters: initParameters(config, 1) };

/** What every micro run of `trainRL` is given. */
export const microRun = { size: 'tiny', seed: 0, from: microBase, fromName: 'fresh' } as const;

/** Settings with which a step of reinforcement learning takes a fraction of a second; the plan is the test's own. */
export const microRL: Partial<RLSettings> = {
  groupSize: 4,
  maxNewTokens: 8,
  learningRate: 0.01,
  warmUpSteps: 1,
  batches: [{ rows: 3, rowLength: 32 }],
};

/** The same without evaluations, for tests that look at the steps alone. */
export const microSteps: Partial<RLSettings> = {
  ...microRL,
  evaluated: [],
  finalGeneralPrompts: 0,
};

/** Returns the rows of a run's metrics without the columns that depend on the clock or on the machine's memory. */
export function metricsOf(folder: string): Row[] {
  const isTimed = (column: string): boolean => /^(seconds$|speed|memory)/.test(column);
  return readMetrics(folder).map((row) => without(row, ...Object.keys(row).filter(isTimed)));
}
