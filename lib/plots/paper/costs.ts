/** The figure of where the computing time goes. */
import { bars, type Bar } from './bars';
import { beside, type PaperFigure } from './frame';
import type { Published } from './published';

/** A finished stage with the time that it took; `lib/reports/cost.ts` has the kinds of stages. */
export interface CostOfStage {
  readonly name: string;
  readonly kind: string;
  readonly seconds: number;
}

/**
 * Draws the shares of the computing time beside DeepSeek-R1, v2 Table 7, and DeepSeek-V3, Table 1. `ours` has the stages in
 * the order of the chain, in which R1-Zero is the first one that does reinforcement learning.
 */
export function costFigure(
  published: Published<'training_costs'>,
  ours: readonly CostOfStage[],
): PaperFigure {
  const rows = published.training_costs;
  const hours = (run: string, parts: readonly string[]): number =>
    rows
      .filter((row) => row.run === run && parts.includes(row.part))
      .reduce((sum, row) => sum + row.h800_gpu_hours, 0);
  const theirs = {
    'pre-training': hours('V3', ['pre-training', 'context extension']),
    'R1-Zero': hours('R1', ['DeepSeek-R1-Zero']),
    'data and SFT': hours('R1', ['SFT data creation']),
    'RL to R1': hours('R1', ['DeepSeek-R1']),
  };
  const seconds = (is: (stage: CostOfStage) => boolean): number =>
    ours.filter(is).reduce((sum, stage) => sum + stage.seconds, 0);
  const zero = ours.find(({ kind }) => kind === 'RL');
  const mine = {
    'pre-training': seconds(({ kind }) => kind === 'pre-training'),
    'R1-Zero': seconds((stage) => stage === zero),
    'data and SFT': seconds(({ kind }) => kind === 'data and SFT'),
    'RL to R1': seconds((stage) => stage.kind === 'RL' && stage !== zero),
  };
  const from = 'DeepSeek-R1, v2 Table 7; DeepSeek-V3, Table 1 (H800 hours)';
  const source = `${ours[0]!.name} to ${ours.at(-1)!.name}, seconds on this workbook’s machine`;
  return beside(
    {
      title: 'Where the time goes',
      caption:
        'Shares of the computing time, with and without the base model. Pre-training is nearly all of DeepSeek’s, because its base has read trillions of tokens; ours learns three tasks in minutes, and reinforcement learning is what costs. The paper has one number for everything after R1-Zero but the making of data; ours counts fine-tuning with its data.',
    },
    [
      bars({ title: 'Published: with the base model', source: from, ...axis }, shares(theirs)),
      bars(
        { title: 'Published: after the base model', source: from, ...axis },
        shares(after(theirs)),
      ),
    ],
    [
      bars({ title: 'Ours: with the base model', source, ...axis }, shares(mine)),
      bars({ title: 'Ours: after the base model', source, ...axis }, shares(after(mine))),
    ],
  );
}

const axis = { format: '.1%', domain: [0, 1] } as const;

type Parts = Readonly<Record<string, number>>;

const after = (parts: Parts): Parts =>
  Object.fromEntries(Object.entries(parts).filter(([part]) => part !== 'pre-training'));

function shares(parts: Parts): Bar[] {
  const all = Object.values(parts).reduce((sum, value) => sum + value, 0);
  return Object.entries(parts).map(([category, value]) => ({
    category,
    series: 'share',
    value: value / all,
  }));
}
