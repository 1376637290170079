import { presetNamed } from '../recipe/presets';
import { stageNamed } from '../recipe/graph';
import { checkedSettings } from '../recipe/runStage';
import { runOnRay } from '../recipe/ray/onRay';
import { taskGraph } from '../recipe/taskGraph';
import { local } from '../stages/places';
import type { ModelSize } from '../model/config';

/** What is run on Ray, and on which. */
export interface OnRay {
  readonly stage: string;
  /** default: that of the preset */
  readonly size?: ModelSize;
  /** default: quick */
  readonly preset?: string;
  /** default: 0 */
  readonly seeds?: readonly number[];
  /** steps of reinforcement learning of this stage */
  readonly steps?: number;
  /** of a Ray that is there already; without it one is started here */
  readonly address?: string;
  /** cores of each stage; default 1 */
  readonly cores?: number;
}

/**
 * Runs a stage of several seeds side by side on Ray, with the stages that it needs where they are not done, and shows how far
 * all of them are: `npm run recipe -- --on ray` in a cell. Returns the names of the runs, which lie in data/local as if they
 * had been made here. A stage that fails, or a Ray that is not there, is a UserError or a line of the view.
 */
export async function onRay(asked: OnRay): Promise<string[]> {
  const { stage, preset: name = 'quick', seeds = [0], steps, address, cores = 1 } = asked;
  const preset = { ...presetNamed(name), ...(asked.size && { size: asked.size }) };
  const one = { stage: stageNamed(stage), preset, caller: steps === undefined ? {} : { steps } };
  checkedSettings(one.stage, one);
  const tasks = taskGraph([one], { seeds, place: local, common: { preset: name } });
  await runOnRay(tasks, { place: local, cores, ...(address !== undefined && { address }) });
  return tasks.map((task) => task.name);
}
