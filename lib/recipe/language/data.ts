/** What language models are asked: the tasks and levels of each course, and how long it is learned. */
import { isInWords, isKnown, taskNamed } from '../../tasks/index';
import { UserError } from '../../core/errors';
import type { RLSettings } from '../../stages/settings';
import { heldOutKinds } from '../../tasks/words/rules';
import { planOf, type PlanEntry } from '../../tasks/plan';

/** Problems to learn from and to be measured on. */
export interface Course {
  /** the training problems of a step */
  readonly plan: readonly PlanEntry[];
  /** how reinforcement learning on it differs from the defaults of language models */
  readonly rl: Partial<RLSettings>;
}

const levels = (task: string, all: readonly number[]) => all.map((level) => ({ task, level }));

/** The rules of a mixture, from easy to hard, with the prompts of each in a step. */
const mixture = planOf({ words: { 1: 1, 2: 1, 4: 1, 5: 1, 7: 1, 8: 1, 9: 1, 10: 1 } });

/** What the inspector is to see. */
const inspect = { everySteps: 10, problems: 4 };

const courses: Readonly<Record<string, Course>> = {
  /** one easy rule: a sentence with a given word */
  words: { plan: planOf({ words: { 1: 8 } }), rl: { inspect } },
  /** eight rules; other kinds are never trained on */
  rules: {
    plan: mixture,
    rl: {
      inspect: { everySteps: 50, problems: 11 },
      steps: 150,
      evaluated: levels('words', [...mixture.map(({ level }) => level), ...heldOutKinds]),
      evaluateEvery: 50,
      evaluationProblems: 16,
      finalProblems: 32,
    },
  },
  /** word problems, which the start model cannot solve: after a cold start alone */
  sums: {
    plan: planOf({ sums: { 1: 2, 2: 2, 3: 2, 4: 2 } }),
    rl: {
      steps: 60,
      evaluateEvery: 20,
      maxNewTokens: 64,
      evaluated: levels('sums', [1, 2, 3, 4, 11, 12, 13, 14]),
      evaluationProblems: 8,
      finalProblems: 32,
    },
  },
};

/** The courses that the workbook brings. */
export const courseNames = Object.keys(courses);

/** Tokens of a completion at most where nothing is known of the task: room for a few steps of arithmetic in words. */
const ownCap = 160;

/**
 * Returns the course of that name, or the one that asks a task in words on all levels it trains on. Throws a UserError for a
 * name that is neither.
 */
export function courseNamed(name: string): Course {
  const own = courses[name];
  if (own) return own;
  const task = isKnown(name) ? taskNamed(name) : undefined;
  if (!task || !isInWords(task))
    throw new UserError(`unknown data ${name}: use ${courseNames.join(', ')}, or a task in words`);
  const trained = task.levels.filter((level) => !task.heldOutLevels?.includes(level));
  const prompts = Math.max(1, Math.round(8 / trained.length));
  const plan = trained.map((level) => ({ task: name, level, prompts }));
  return { plan, rl: { evaluated: levels(name, task.levels), maxNewTokens: ownCap } };
}
