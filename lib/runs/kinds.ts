/** What the lines and the fields of a run's files have to be. */
import {
  isCount,
  isNumber,
  isText,
  isWhole,
  isYesOrNo,
  listOf,
  maybe,
  objectOf,
  objectOfDepth,
  objectWith,
  oneOf,
  type Fields,
} from '../core/fields';

/** The fields of `run.json`. */
export const runFields: Fields = {
  stage: isText,
  size: isText,
  seed: isWhole,
  config: objectOfDepth(20),
  versions: objectOf(isText),
  commit: isText,
  finished: isYesOrNo,
  steps: isCount,
  seconds: isNumber,
  tokens: isCount,
  joules: maybe(isNumber),
  result: maybe(objectOfDepth(20)),
};

const completion: Fields = {
  step: isCount,
  task: isText,
  level: isCount,
  language: oneOf('en', 'zh'),
  prompt: isText,
  completion: isText,
  reward: objectOf(isNumber),
  correct: isYesOrNo,
};

/** The fields of a line of `rollouts.jsonl`. */
export const rolloutFields: Fields = { ...completion, split: oneOf('train', 'held-out') };

const places = listOf(isCount);

/** The fields of a line of `inspection.jsonl`. */
export const inspectionFields: Fields = {
  ...completion,
  problem: isCount,
  sample: isCount,
  tokens: maybe(listOf(isText)),
  logprobs: listOf(isNumber),
  entropies: listOf(isNumber),
  advantage: isNumber,
  marks: objectWith({
    attempts: places,
    repeats: places,
    verdicts: places,
    wrongVerdicts: places,
    wrongCalculations: places,
  }),
};

/** The fields of a line of `changes.jsonl`. */
export const changeFields: Fields = { step: isCount, name: isText, value: isNumber };
