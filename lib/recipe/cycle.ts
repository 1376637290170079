/**
 * The virtuous cycle as stages: four generations, each of which learns from solutions by the one before, and arms of the
 * experiment with one thing changed.
 */
import type { EvaluationSpec } from '../evaluation/evaluate';
import { climbed, defaultCycle, generationTraces, type CycleSettings } from '../stages/generations';
import { makeUp } from '../stages/rejectionSampling';
import { trainRL } from '../stages/rl';
import { rlSettings, settingsFrom, type RLSettings, type SftSettings } from '../stages/settings';
import { trainSft } from '../stages/sft';
import { rlLayers, sftLayers } from './layers';
import type { Stage } from './stage';

/** What differs between the arms of the experiment. */
interface CycleArm extends Partial<CycleSettings> {
  /** generation g learns from countdown's levels up to g alone */
  readonly climbing?: boolean;
}

/** Level 6 has five numbers, and no generation ever learns from it. */
const levelSix: EvaluationSpec = { task: 'countdown', level: 6 };

/** What every generation is measured on. */
const evaluated = [...rlSettings('small').evaluated, levelSix];

/** The settings of a generation: those of its data set and those of its training. */
export interface GenerationSettings {
  readonly run: SftSettings;
  readonly data: CycleSettings;
}

const generation = <Before extends string>(
  number: number,
  before: Before,
  { climbing, ...arm }: CycleArm = {},
): Stage<'base' | Before, GenerationSettings> => ({
  kind: 'SFT',
  needs: ['base', before],
  settings: (asked) => {
    const { cycle } = asked.preset;
    const data = settingsFrom({ defaults: defaultCycle, stage: arm, preset: cycle });
    return {
      run: sftLayers(asked, { finalGeneralPrompts: 0, evaluated }),
      data: climbing ? climbed(data, number) : data,
    };
  },
  make: async ({ models, ...job }, { run, data }) => {
    const options = { generation: number, seed: job.seed, settings: data };
    const { traces, counts, tokens } = await generationTraces(models[1]!, options);
    const about = { generation: number, counts, sampledTokens: tokens, makeUp: makeUp(traces) };
    return trainSft({ ...job, from: models[0]!, traces, about, settings: run });
  },
});

/** A little reinforcement learning between two generations. */
const sharpened = <Before extends string>(before: Before): Stage<Before, { run: RLSettings }> => ({
  kind: 'RL',
  needs: [before],
  settings: (asked) => {
    const own = { steps: 25, evaluateEvery: 1000, evaluated };
    return { run: rlLayers(asked, own, asked.preset.comparison) };
  },
  make: ({ models, ...job }, { run }) => trainRL({ ...job, from: models[0]!, settings: run }),
});

/** Four generations, each with as many traces as the others. */
export const generations = {
  gen1: generation(1, 'base'),
  gen2: generation(2, 'gen1'),
  gen3: generation(3, 'gen2'),
  gen4: generation(4, 'gen3'),
} as const satisfies Record<string, Stage>;

const growing = { growing: true };
/** The answer has to be right, whatever the way to it. */
const rightOnly: CycleArm = { filter: 'right', giveUpShare: 0 };
const climbing = { climbing: true };

/** Generations with one thing changed. */
export const generationArms = {
  'gen1-unfiltered': generation(1, 'base', { filter: 'all', giveUpShare: 0 }),
  'gen1-growing': generation(1, 'base', growing),
  'gen2-growing': generation(2, 'gen1-growing', growing),
  'gen3-growing': generation(3, 'gen2-growing', growing),
  'gen4-growing': generation(4, 'gen3-growing', growing),
  'gen1-right': generation(1, 'base', rightOnly),
  'gen2-right': generation(2, 'gen1-right', rightOnly),
  'gen3-right': generation(3, 'gen2-right', rightOnly),
  'gen4-right': generation(4, 'gen3-right', rightOnly),
  'gen1-climbing': generation(1, 'base', climbing),
  'gen2-climbing': generation(2, 'gen1-climbing', climbing),
  'gen3-climbing': generation(3, 'gen2-climbing', climbing),
  'gen4-climbing': generation(4, 'gen3-climbing', climbing),
  'gen1-rl': sharpened('gen1'),
  'gen2-rl-sft': generation(2, 'gen1-rl'),
  'gen2-rl': sharpened('gen2-rl-sft'),
  'gen3-rl-sft': generation(3, 'gen2-rl'),
  'gen3-rl': sharpened('gen3-rl-sft'),
  'gen4-rl-sft': generation(4, 'gen3-rl'),
  'gen4-rl': sharpened('gen4-rl-sft'),
} as const satisfies Record<string, Stage>;
