/** What fine-tuning on traces trains. */
import type { Model } from '../../model/parameters';
import { loraNextTokenLoss } from '../../training/loraNextToken';
import { nextTokenLoss } from '../../training/nextToken';
import { packBatches } from '../../training/packing';
import { packShared, type PromptedSequence } from '../../training/sharedPacking';
import { createSoftLabelTrainer } from '../../training/softLabels';
import { Trainer, type StepStats } from '../../training/trainer';
import type { SftSettings } from '../settings';
import {
  adapterState,
  adapterWeights,
  wholeState,
  wholeWeights,
  type Learned,
  type LearningStart,
} from './learned';

export interface Pupil extends Learned {
  /** makes one update with all sequences, whose weights add up to 1 */
  learn(sequences: readonly PromptedSequence<'weights'>[], learningRate: number): StepStats;
}

/** Makes the pupil of a new run, or that of an interrupted one where it stands. `softLabels` is the model to learn from. */
export function startPupil(
  start: LearningStart,
  { lora, batches }: Pick<SftSettings, 'lora' | 'batches'>,
  softLabels?: Model,
): Pupil {
  const { from, optimizer } = start;
  const { config, parameters: frozen } = from;
  if (!lora) {
    const state = wholeState(start);
    const trainer = softLabels
      ? createSoftLabelTrainer(softLabels, config, optimizer, state)
      : new Trainer(nextTokenLoss(config), optimizer, state);
    return {
      ...wholeWeights(trainer, start),
      learn: (sequences, rate) => trainer.step(packBatches(sequences, batches, ['weights']), rate),
    };
  }
  const loss = loraNextTokenLoss({ config, lora, recompute: lora.recompute });
  const trainer = new Trainer(loss, optimizer, adapterState(start, lora), { frozen, large: true });
  return {
    ...adapterWeights(trainer, start, lora),
    learn: (sequences, rate) => trainer.step(packShared(sequences, batches[0]!, ['weights']), rate),
  };
}
