/** What reinforcement learning trains. */
import { grpoBatchLoss, wholeModel, type GrpoBatch, type Learner } from '../../training/grpo';
import { adapters, loraGrpoLoss } from '../../training/loraGrpo';
import { Trainer } from '../../training/trainer';
import type { RLSettings } from '../settings';
import {
  adapterState,
  adapterWeights,
  wholeState,
  wholeWeights,
  type Learned,
  type LearningStart,
} from './learned';

export interface Policy extends Learned {
  readonly learner: Learner;
}

/** Makes the policy of a new run, or that of an interrupted one where it stands. */
export function startPolicy(
  start: LearningStart,
  { grpo, lora }: Pick<RLSettings, 'grpo' | 'lora'>,
): Policy {
  const { from, optimizer } = start;
  const { config, parameters: frozen } = from;
  if (!lora) {
    const loss = grpoBatchLoss(config, grpo);
    const trainer = new Trainer<GrpoBatch>(loss, optimizer, wholeState(start));
    return { ...wholeWeights(trainer, start), learner: wholeModel(trainer) };
  }
  const loss = loraGrpoLoss({ config, lora, recompute: lora.recompute }, grpo);
  const trainer = new Trainer(loss, optimizer, adapterState(start, lora), { frozen, large: true });
  return { ...adapterWeights(trainer, start, lora), learner: adapters(trainer) };
}
