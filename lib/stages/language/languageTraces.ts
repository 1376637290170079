/** Data sets of traces in words: solutions written by rule for the cold start, and a model's own completions. */
import { createRandom, shuffle } from '../../core/random';
import type { Model } from '../../model/parameters';
import { isInWords, promptText, taskNamed, taskOf, type TaskInWords } from '../../tasks/index';
import { problemsOfPlan, type PlanEntry } from '../../tasks/plan';
import { writtenText } from '../../tokenizer/writtenText';
import { allOnes, collectTraces, rightOnes, type Counts } from '../collect';
import { samplerFor } from '../places';
import type { SamplingSettings } from '../settings';
import type { Trace } from '../traces';

/** Whether solutions of a task can be written by rule. */
const hasSolutions = (name: string): boolean => {
  const task = taskNamed(name);
  return isInWords(task) && task.solution !== undefined;
};

/** The first task of a plan whose solutions no rule can write. */
export const unsolvedTask = (plan: readonly PlanEntry[]): string | undefined =>
  plan.find(({ task }) => !hasSolutions(task))?.task;

/** Solutions to training problems, each written by the rule of its task, which has to have one. */
export function solutionTraces(plan: readonly PlanEntry[], seed: number): Trace[] {
  const random = createRandom(seed, 'solutions');
  return problemsOfPlan(plan, random).map((problem): Trace => {
    const { task, level } = problem;
    const { solution } = taskOf(problem) as TaskInWords;
    const completion = writtenText(solution!(problem, random), true);
    const prompt = promptText(problem, 'en');
    return { kind: 'solution', task, level, language: 'en', prompt, completion };
  });
}

export interface OwnTracesSettings extends SamplingSettings {
  /** of each prompt at most so many different traces */
  readonly perPrompt: number;
  /** traces in all, at most */
  readonly traces: number;
  /** false takes completions as they come, right or wrong: the control */
  readonly right: boolean;
}

/** Completions of a model to training problems: the right ones, or any. */
export async function ownTraces(
  model: Model,
  seed: number,
  { right, traces: most, ...settings }: OwnTracesSettings,
): Promise<{ readonly traces: Trace[]; readonly counts: Counts; readonly tokens: number }> {
  const sampler = samplerFor(model.config, model.tokenizer);
  try {
    const filter = right ? rightOnes : allOnes;
    const collected = await collectTraces(model, sampler, { seed, ...settings, ...filter });
    const order = shuffle(collected.traces, createRandom(seed, 'own traces'));
    return { ...collected, traces: order.slice(0, most) };
  } finally {
    sampler.dispose();
  }
}
