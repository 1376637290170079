/** Whether what a language model says in its recorded runs makes sense, and whether it is always the same. */
import { share } from '../core/format';
import { mean } from '../core/statistics';
import { problemsOf } from '../evaluation/evaluate';
import { seedInterval, type Estimate } from '../evaluation/metrics';
import type { Model } from '../model/parameters';
import { readInspection, readRollouts, type RolloutRecord } from '../runs/run';
import { likelihoodShape, senseOf, type Sense } from '../stages/language/sense';
import type { Place } from '../stages/places';
import { promptIds, promptText, type Problem } from '../tasks/index';
import type { TextTokenizer } from '../tokenizer/textTokenizer';
import { writtenIds } from '../tokenizer/writtenText';
import { createLikelihood, type Likelihood } from '../training/likelihood';
import type { Arms } from './arms';
import { armFolders } from './finishedSeeds';
import { textTable } from './table';

/** A completion of a held-out problem, as a record kept it. */
type Kept = Pick<RolloutRecord, 'step' | 'task' | 'level' | 'prompt' | 'completion'>;

/** The start model, which judges. */
export type StartModel = Model & { readonly tokenizer: TextTokenizer };

/** The held-out problems of a level among which those of the records are: every evaluation begins with the same ones. */
const problemsAsked = 64;

/**
 * Returns a table as text: the sense of the start, as the first arm recorded it before its first step, and that of the arms
 * at their end. It is measured on the held-out completions that the records kept, of the same problems for each arm, and
 * judged by the start model. Over several seeds the perplexity is their geometric mean with Student's 95 % interval; of one
 * seed the interval is over problems. Arms without a finished run are left out.
 */
export function senseTable(start: StartModel, place: Place, size: string, arms: Arms): string {
  const found = armFolders(place, size, arms);
  const kept = found.map(({ arm, folders }) => ({ arm, runs: folders.map((f) => keptAt(f, -1)) }));
  const [first] = found;
  if (first) kept.unshift({ arm: 'start', runs: first.folders.map((f) => keptAt(f, 0)) });
  const likelihood = createLikelihood(start, likelihoodShape);
  const lines = kept.map(({ arm, runs }) => {
    const measured = runs.map((run) => senseOfKept(likelihood, run, start.tokenizer));
    return senseLine(arm, measured, `${runs.length} x ${runs[0]!.length}`);
  });
  likelihood.dispose();
  return textTable(['', 'perplexity', 'each seed', 'distinct', 'each seed', 'seeds x n'], lines, 1);
}

/** The held-out completions that a run kept at its first or its last evaluation. */
function keptAt(folder: string, which: 0 | -1): Kept[] {
  const rollouts = readRollouts(folder).filter(({ split }) => split === 'held-out');
  const steps = rollouts.map(({ step }) => step);
  const at = which === 0 ? Math.min(...steps) : Math.max(...steps);
  return [...rollouts, ...readInspection(folder)].filter(({ step }) => step === at);
}

function senseOfKept(
  likelihood: Likelihood,
  kept: readonly Kept[],
  tokenizer: TextTokenizer,
): Sense {
  const groups = new Map<string, Kept[]>();
  for (const one of kept) groups.set(one.prompt, [...(groups.get(one.prompt) ?? []), one]);
  const problems = [...groups.values()].map(([one]) => problemOf(one!));
  const said = [...groups.values()].map((group, i) =>
    group.map(({ completion }) => ({
      text: completion,
      promptIds: promptIds(problems[i]!, 'en', tokenizer),
      completionIds: writtenIds(completion, tokenizer),
    })),
  );
  return senseOf(likelihood, problems, said);
}

const problemOf = ({ task, level, prompt }: Kept): Problem =>
  problemsOf({ task, level }, problemsAsked).problems.find((p) => promptText(p, 'en') === prompt)!;

function senseLine(arm: string, seeds: readonly Sense[], size: string): string[] {
  const perplexities = seeds.map(({ perplexity }) => perplexity.mean);
  const { mean: middle, interval } =
    seeds.length > 1 ? geometric(perplexities) : seeds[0]!.perplexity;
  const distinct = seeds.map((sense) => sense.distinct);
  return [
    arm,
    `${middle.toFixed(1)} [${interval.map((end) => end.toFixed(1)).join(', ')}]`,
    seeds.length > 1 ? perplexities.map((p) => p.toFixed(1)).join(' ') : '',
    share(mean(distinct)),
    seeds.length > 1 ? distinct.map(share).join(' ') : '',
    size,
  ];
}

/** The geometric mean over seeds, with the interval of their logarithms. */
function geometric(values: readonly number[]): Estimate {
  const { mean: middle, interval } = seedInterval(values.map(Math.log));
  return { mean: Math.exp(middle), interval: [Math.exp(interval[0]), Math.exp(interval[1])] };
}
