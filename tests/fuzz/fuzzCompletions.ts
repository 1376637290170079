/** Hostile completions of one task, and what came of them. */
import { createRandom } from '../../lib/core/random';
import { reward } from '../../lib/rewards/reward';
import { firstFault, tidy } from '../../lib/tasks/curate';
import { diagnose } from '../../lib/tasks/diagnose';
import { generate, taskNamed, verify } from '../../lib/tasks/index';
import { languageInTurn } from '../../lib/tokenizer/vocabulary';
import { checkCompletion, type AnyProblem } from './checkCompletion';
import { hostileCompletion, longCompletion } from './completions';
import type { Dose } from './dose';

export const fuzzedTasks = ['countdown', 'programs', 'units', 'general'] as const;

export interface CompletionsReport {
  readonly task: string;
  readonly completions: number;
  /** how many of them are right, so that a false rejection could be seen */
  readonly right: number;
  /** the first faults, each with the numbers that make the completion again */
  readonly faults: readonly string[];
  readonly faultCount: number;
  /** the longest that one completion took, in milliseconds */
  readonly slowest: number;
  /** how many times longer a character takes in a text of a million than in one of ten thousand, at the worst */
  readonly growth: number;
}

/** The lengths of long texts, in characters. */
const lengths = [10_000, 100_000, 1_000_000];

export interface CompletionsDose extends Dose {
  /** one of so many completions is a long one; 0 for none */
  readonly everyLong: number;
}

/** Completions of one problem, before the next one is drawn. */
const ofOneProblem = 20;
const keptFaults = 20;

/** Makes completions and checks each. Nothing that happens to one of them is thrown. */
export function fuzzCompletions(
  task: (typeof fuzzedTasks)[number],
  { count, everyLong, seed, onProgress = () => {} }: CompletionsDose,
): CompletionsReport {
  const { levels } = taskNamed(task);
  const report = { right: 0, faultCount: 0, slowest: 0, growth: 0 };
  const faults: string[] = [];
  let problem = {} as AnyProblem;
  let shortTime = 0;
  for (let i = 0; i < count; i++) {
    const long = everyLong > 0 && i % everyLong === everyLong - 1 ? Math.floor(i / everyLong) : -1;
    // the same text in all lengths, so that their times can be compared
    const key = long < 0 ? i : `long ${Math.floor(long / lengths.length)}`;
    const random = createRandom(seed, 'fuzz', task, key);
    if (i % ofOneProblem === 0 || long >= 0)
      problem = generate(task, levels[random.int(levels.length)]!, random, 'train');
    const length = lengths[long % lengths.length] ?? 0;
    const text = length > 0 ? longCompletion(problem, random, length) : hostileCompletion(problem, random); // prettier-ignore
    const started = performance.now();
    try {
      if (checkCompletion(problem, text, languageInTurn(i))) report.right++;
    } catch (error) {
      report.faultCount++;
      const { message } = error as Error;
      if (faults.length < keptFaults)
        faults.push(`${task} ${seed} ${key}: ${message}: ${JSON.stringify(text.slice(0, 300))} of ${JSON.stringify(problem)}`); // prettier-ignore
    }
    report.slowest = Math.max(report.slowest, performance.now() - started);
    if (length === lengths[0]) shortTime = timePerCharacter(problem, text);
    if (length === lengths.at(-1))
      report.growth = Math.max(report.growth, timePerCharacter(problem, text) / shortTime);
    onProgress(i + 1, count);
  }
  return { task, completions: count, faults, ...report };
}

/** The time of everything that is asked of a completion, for each of its characters: the shortest of three. */
function timePerCharacter(problem: AnyProblem, text: string): number {
  const times = [0, 1, 2].map(() => {
    const started = performance.now();
    verify(problem, text);
    diagnose(problem, text);
    firstFault(problem, text, 'en');
    tidy(text, 'en');
    reward(problem, text, 'en');
    return (performance.now() - started) / text.length;
  });
  return Math.min(...times);
}
