/** What a rule on language forgets to ask for: whether sentences make sense, and whether they are always the same one. */
import { mean } from '../../core/statistics';
import { meanInterval, type Estimate } from '../../evaluation/metrics';
import type { Problem } from '../../tasks/index';
import { subjectAnywhere, wordAnywhere } from '../../tasks/words/about';
import type { WordsProblem } from '../../tasks/words/words';
import { readText } from '../../tokenizer/writtenText';
import type { Completion, Likelihood } from '../../training/likelihood';
import type { BatchShape } from '../../training/packing';

/** The rows in which completions are judged. */
export const likelihoodShape: BatchShape = { rows: 1, rowLength: 512 };

/** A completion as it is and as it is read. */
export interface Said extends Completion {
  readonly text: string;
}

export interface Sense {
  /** how unlikely the completions are to a model, a token: the exponential of minus the mean log-probability */
  readonly perplexity: Estimate;
  /** share of frames among the completions, see `frameOf`: 1 when no two are alike */
  readonly distinct: number;
}

/** Measures completions: `completions[i]` answer `problems[i]`, and `likelihood` is of the model that judges them. */
export function senseOf(
  likelihood: Likelihood,
  problems: readonly Problem[],
  completions: readonly (readonly Said[])[],
): Sense {
  const all = likelihood.of(completions.flat());
  let done = 0;
  const nats = completions.map(({ length }) => mean(all.slice(done, (done += length))));
  const { mean: middle, interval } = meanInterval(nats);
  const frames = completions.flatMap((group, i) =>
    group.map(({ text }) => frameOf(problems[i]!, text)),
  );
  return {
    perplexity: {
      mean: Math.exp(-middle),
      interval: [Math.exp(-interval[1]), Math.exp(-interval[0])],
    },
    distinct: new Set(frames).size / frames.length,
  };
}

/**
 * Returns a sentence without what was asked for: the words of the problem become `_` and its subject `~`, so that "A cat
 * sees the moon." about cats with "moon" is the same sentence as "A dog sees the sun." about dogs with "sun".
 */
export function frameOf(problem: Problem, completion: string): string {
  const text = readText(completion).text.toLowerCase();
  if (!('words' in problem)) return text;
  const { words, subject } = problem as WordsProblem;
  const named = words.reduce((said, word) => said.replaceAll(wordAnywhere(word), '_'), text);
  return named.replaceAll(subjectAnywhere(subject), '~').replaceAll(/\b(?:an?|the) ([~_])/g, '$1');
}
