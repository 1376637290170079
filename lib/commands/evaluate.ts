import * as path from 'node:path';
import { UserError } from '../core/errors';
import { writeFileAtomic } from '../core/files';
import { whole } from '../core/format';
import { startEngine } from '../engine/tensorflow';
import { evaluate, heldOutProblems, type ProblemSet } from '../evaluation/evaluate';
import type { Estimate } from '../evaluation/metrics';
import type { Evaluation } from '../evaluation/score';
import { defaultCap } from '../sampling/cap';
import type { Rollout } from '../sampling/sampler';
import {
  checkpointNamed,
  folderOfTexts,
  isLanguageModel,
  openCheckpoint,
} from '../stages/language/openCheckpoint';
import { likelihoodShape, senseOf, type Sense } from '../stages/language/sense';
import { findTask, findTaskInWords } from '../stages/ownTask';
import { samplerFor } from '../stages/places';
import { promptText, verify } from '../tasks/index';
import { createLikelihood } from '../training/likelihood';
import { positiveNumber, readArguments, runCommand, wholeNumber } from './arguments';

/** Tokens of a language model's completion at most. */
const wordsCap = 64;

const help = `
npm run evaluate -- CHECKPOINT [options]
Scores a checkpoint on held-out problems: a folder, also of a language model or of adapters beside one, or a name. Every rate comes with its 95 % interval over problems. The default of
an option stands in parentheses.

  --task NAME            countdown, programs, units, or your own: data/local/tasks/NAME.ts (countdown); of a language
                         model words, sums, or your own: data/local/tasks/NAME.jsonl (words)
  --level N              countdown 1-5, programs 1-3, units 0-2, where 0 mixes the levels (3, 2 and 0); words 1-10 and
                         21-23, sums 1-7 and 11-17 (1)
  --problems N           how many held-out problems (300)
  --samples K            completions of each problem (8)
  --temperature T        temperature of the sampling (1)
  --max-new-tokens N     tokens of a completion at most (${defaultCap}; of a language model ${wordsCap})
  --seed N               seed of the sampling (0)
  --sense                of a language model: the perplexity of the completions under the model before its adapters, and the
                         share that differ by more than the words of the problem
  --json                 print one JSON object instead of the table
  --dump FILE            write the problems with every completion and verdict, as JSONL
`;

const defaultLevel = new Map([['countdown', 3], ['programs', 2], ['units', 0]]); // prettier-ignore
/** All completions lie in memory, where each takes some kilobytes. */
const mostCompletions = 1_000_000;

async function main(): Promise<void> {
  const options = {
    task: { type: 'string' },
    level: { type: 'string' },
    problems: { type: 'string', default: '300' },
    samples: { type: 'string', default: '8' },
    temperature: { type: 'string', default: '1' },
    'max-new-tokens': { type: 'string' },
    seed: { type: 'string', default: '0' },
    sense: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    dump: { type: 'string' },
  } as const;
  const { values, positionals } = readArguments(help, options, true);
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0)
    throw new UserError(
      'name one checkpoint folder, for example data/checkpoints/small-r1-zero-s0',
    );
  const folder = checkpointNamed(name);
  const isInWords = isLanguageModel(folder);
  if (values.sense && !isInWords)
    throw new UserError(`--sense is for language models, and ${name} is none: leave it out`);
  const { task = isInWords ? 'words' : 'countdown' } = values;
  const { levels } = await (isInWords ? findTaskInWords(task) : findTask(task));
  const level = values.level === undefined ? (defaultLevel.get(task) ?? levels[0]!) : wholeNumber(values.level, '--level'); // prettier-ignore
  const asked = wholeNumber(values.problems, '--problems', 1);
  const sampling = {
    samples: wholeNumber(values.samples, '--samples', 1),
    temperature: positiveNumber(values.temperature, '--temperature', 100),
    maxNewTokens: wholeNumber(values['max-new-tokens'] ?? String(isInWords ? wordsCap : defaultCap), '--max-new-tokens', 1), // prettier-ignore
    seed: wholeNumber(values.seed, '--seed'),
  };
  if (asked * sampling.samples > mostCompletions)
    throw new UserError(
      `${whole(asked * sampling.samples)} completions are too many: lower --problems or --samples to ${whole(mostCompletions)} in all`,
    );
  const problems = heldOutProblems(task, level, asked);
  await startEngine();
  const model = openCheckpoint(folder);
  const sampler = samplerFor(model.config, model.tokenizer);
  const started = Date.now();
  const { evaluation, rollouts } = await evaluate(model.parameters, sampler, problems, sampling);
  const seconds = (Date.now() - started) / 1000;
  const tokens = rollouts.flat().reduce((sum, r) => sum + r.completionIds.length, 0);
  const tokensPerSecond = tokens / seconds;
  sampler.dispose();
  if (values.dump !== undefined)
    writeFileAtomic(path.resolve(values.dump), dumpOf(problems, rollouts));
  const sense = values.sense ? senseOfAll(folder, problems, rollouts) : undefined;
  if (values.json)
    return console.log(JSON.stringify({ ...evaluation, ...sense, seconds, tokensPerSecond }));
  printReport(`${folder}: ${task} level ${level}`, evaluation, sense);
  console.log(`  ${seconds.toFixed(1)} s, ${Math.round(tokensPerSecond)} tokens/s`);
}

function printReport(what: string, evaluation: Evaluation, sense: Sense | undefined): void {
  const { n, samples } = evaluation;
  console.log(`${what}, ${n} held-out problems, ${samples} completions each`);
  for (const [name, value] of linesOf(evaluation)) console.log(`  ${name.padEnd(20)} ${value}`);
  if (!sense) return;
  console.log(`  ${'perplexity'.padEnd(20)} ${estimateText(sense.perplexity, 1)}`);
  console.log(`  ${'distinct'.padEnd(20)} ${sense.distinct.toFixed(3).padStart(7)}`);
}

const estimateText = ({ mean, interval }: Estimate, digits: number): string =>
  `${mean.toFixed(digits).padStart(7)}  [${interval.map((end) => end.toFixed(digits)).join(', ')}]`;

/** What completions are to the model that a checkpoint began as. */
function senseOfAll(
  folder: string,
  { problems }: ProblemSet,
  rollouts: readonly Rollout[][],
): Sense {
  const likelihood = createLikelihood(openCheckpoint(folderOfTexts(folder)), likelihoodShape);
  return senseOf(likelihood, problems, rollouts);
}

/** Returns the lines of the table: each rate with its interval, then the shares of the modes. */
function linesOf(evaluation: Evaluation): [string, string][] {
  const { intervals, modeShares } = evaluation;
  const rates = Object.entries(intervals).flatMap(([name, interval]): [string, string][] => {
    const value = evaluation[name as keyof typeof intervals];
    if (value === null || interval === null) return [];
    return [[name, estimateText({ mean: value, interval }, 3)]];
  });
  const modes = Object.entries(modeShares).map(([mode, share]) => `${mode} ${share.toFixed(3)}`);
  return [...rates, ['modes', modes.join(', ')]];
}

/** Returns one line of JSON for each problem, with all its completions and the verdicts on them. */
function dumpOf({ problems, languages }: ProblemSet, rollouts: readonly Rollout[][]): string {
  const lines = problems.map((problem, i) => {
    const language = languages[i]!;
    const completions = rollouts[i]!.map(({ text }) => ({ text, ...verify(problem, text) }));
    const prompt = promptText(problem, language);
    return JSON.stringify({ problem, language, prompt, completions });
  });
  return lines.join('\n') + '\n';
}

export const finished: Promise<void> = runCommand(main);
