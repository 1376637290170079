/** The graph of a language model's stages as tasks that other machines can do. */
import { readConfig } from '../../model/checkpoint';
import { languageModelFolder } from '../../stages/language/models';
import { memoryNeed, needsOf } from '../../stages/language/memory';
import { languageRLSettings } from '../../stages/language/settings';
import { stageName } from '../../stages/places';
import { openTokenizer } from '../../tokenizer/huggingFaceTokenizer';
import type { CallerSettings } from '../kinds';
import { optionsText, type Options, type Task } from '../taskGraph';
import { courseNamed } from './data';
import { languageStageNamed } from './graph';

/** A stage that the caller asks for. */
export interface AskedLanguageTask {
  readonly stage: string;
  readonly caller: CallerSettings;
}

/** What the tasks of a language model share. */
export interface SharedLanguage {
  readonly seeds: readonly number[];
  /** the name of the start model */
  readonly model: string;
  /** options of `npm run recipe`, where they are given: what the model is asked */
  readonly common: Options;
  /** what a stage needs at most, in bytes */
  readonly memory: number;
}

/**
 * Returns the stages of all seeds and those that they need, each once and after what it needs. A stage has adapters alone:
 * it needs those of all the stages before it, and the start model.
 */
export function languageTaskGraph(
  asked: readonly AskedLanguageTask[],
  { seeds, model, common, memory }: SharedLanguage,
): Task[] {
  const tasks = new Map<string, Task>();
  const add = (stage: string, seed: number): Task => {
    const name = stageName(model, stage, seed);
    const known = tasks.get(name);
    if (known) return known;
    const before = languageStageNamed(stage).needs.map((one) => add(one, seed));
    const caller = asked.find((one) => one.stage === stage)?.caller ?? {};
    const task = {
      ...{ name, memory },
      needs: [...new Set(before.flatMap((one) => [...one.needs, one.name]))],
      arguments: optionsText({ model, ...common, stage, seed, ...caller }),
    };
    tasks.set(name, task);
    return task;
  };
  for (const seed of seeds) for (const { stage } of asked) add(stage, seed);
  return [...tasks.values()];
}

/** Returns the bytes that a stage of this model on these data needs at most, those of reinforcement learning. */
export function languageMemory(model: string, data: string): number {
  const folder = languageModelFolder(model);
  const { plan, rl } = courseNamed(data);
  const settings = languageRLSettings({ plan, ...rl });
  const tokenizer = openTokenizer(folder);
  return memoryNeed(needsOf({ config: readConfig(folder), tokenizer }, settings, settings.lora!));
}
