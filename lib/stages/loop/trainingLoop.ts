import { BadStep, UserError } from '../../core/errors';
import { loop, type LoopResult } from '../../core/loop';
import { stopNearTensorLimit } from '../../engine/memory';
import type { Run } from '../../runs/run';
import type { Learnable } from '../../training/optimizer';
import type { TrainerState } from '../../training/trainer';
import { encodeTrainerState } from '../../training/trainerState';

/** The steps of a stage, from `from` up to `to` - 1. */
export interface TrainingLoop {
  readonly run: Run;
  /** a trainer, or a policy */
  readonly trainer: { readonly state: TrainerState<Learnable> };
  readonly from: number;
  readonly to: number;
  /** false for a run that starts over after an interruption; default true */
  readonly resumable?: boolean;
  /** asked before each step; false ends the loop there */
  readonly goesOn?: (step: number) => Promise<boolean>;
}

/**
 * Runs the steps of a stage, until the person stops it or the engine comes near its limit. A bad step ends the run with a UserError: its evidence is kept
 * in the folder of the run, nothing of the step is learned, and the run can go on from the step once its cause is mended.
 */
export function trainingLoop(
  { run, trainer, from, to, resumable = true, goesOn }: TrainingLoop,
  body: (step: number) => void | Promise<void>,
): Promise<LoopResult> {
  const oneStep = async (step: number): Promise<void> => {
    const { updates } = trainer.state;
    try {
      await body(step);
      stopNearTensorLimit();
    } catch (error) {
      if (!(error instanceof BadStep)) throw error;
      const file = run.keepBadStep(step, error.evidence);
      // After the first of a step's several updates only the state that was saved before the step is good.
      if (resumable && trainer.state.updates === updates)
        run.save(step, encodeTrainerState(trainer.state));
      throw new UserError(`step ${step} was not made: ${error.message} (kept in ${file})`);
    }
  };
  return loop(from, to, oneStep, goesOn);
}
