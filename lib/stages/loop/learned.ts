/** What a run trains: all weights of a small model, or adapters beside a large one. */
import { saveAdapters } from '../../model/adapterFiles';
import { disposeMerged, initLora, mergeLora, type Lora } from '../../model/lora';
import { cloneParameters, type Model, type Parameters } from '../../model/parameters';
import type { Learnable, OptimizerConfig } from '../../training/optimizer';
import { createTrainerState, type TrainerState } from '../../training/trainer';
import { decodeStateLike, decodeTrainerState } from '../../training/trainerState';
import { checkpointFolder, saveModel, type Place } from '../places';
import type { LoraSettings } from '../settings';

/** What a run has learned so far, whatever it changes. */
export interface Learned {
  readonly state: TrainerState<Learnable>;
  /** the weights to sample with, those of the last update; they are not the caller's to dispose */
  weights(): Parameters;
  /** what was learned, as a model whose weights have memory of their own where they differ from those it started from */
  model(): Model;
  /** saves what was learned as the checkpoint of that name */
  save(place: Place, name: string): void;
  dispose(): void;
}

/** What a run starts from. */
export interface LearningStart {
  readonly from: Model;
  readonly fromName: string;
  readonly seed: number;
  readonly optimizer: OptimizerConfig;
  /** the state of an interrupted run */
  readonly saved: { readonly state: Uint8Array } | null;
  /** where it lies, for errors */
  readonly where: string;
}

/** A trainer, as far as it is needed here. */
export interface Holder<P extends Learnable> {
  readonly state: TrainerState<P>;
  dispose(): void;
}

/** The state of a new run that trains all weights, or of an interrupted one. */
export const wholeState = ({ from, optimizer, saved, where }: LearningStart): TrainerState =>
  saved
    ? decodeTrainerState(from.config, optimizer, saved.state, where)
    : createTrainerState(cloneParameters(from.parameters), optimizer);

/** The state of a new run that trains adapters, or of an interrupted one. */
export function adapterState(
  { from, seed, optimizer, saved, where }: LearningStart,
  lora: LoraSettings,
): TrainerState<Lora> {
  const blank = (): TrainerState<Lora> =>
    createTrainerState(initLora(from.config, lora, seed), optimizer);
  return saved ? decodeStateLike(blank, saved.state, where) : blank();
}

/** What a trainer of all weights has learned. */
export const wholeWeights = (trainer: Holder<Parameters>, { from }: LearningStart): Learned => ({
  state: trainer.state,
  weights: () => trainer.state.parameters,
  model: () => ({ ...from, parameters: cloneParameters(trainer.state.parameters) }),
  save(place, name) {
    saveModel(place, name, { ...from, parameters: trainer.state.parameters });
  },
  dispose: () => trainer.dispose(),
});

/** What a trainer of adapters has learned. They are merged into the weights once after each update. */
export function adapterWeights(
  trainer: Holder<Lora>,
  { from, fromName }: LearningStart,
  lora: LoraSettings,
): Learned {
  const { config, parameters: frozen } = from;
  let merged: { readonly weights: Parameters; readonly of: Lora } | undefined;
  const forget = (): void => {
    if (merged) disposeMerged(merged.weights, frozen);
    merged = undefined;
  };
  return {
    state: trainer.state,
    weights() {
      const { parameters } = trainer.state;
      if (merged?.of !== parameters) {
        forget();
        merged = { weights: mergeLora(config, frozen, parameters, lora), of: parameters };
      }
      return merged.weights;
    },
    model: () => ({
      ...from,
      parameters: mergeLora(config, frozen, trainer.state.parameters, lora),
    }),
    save(place, name) {
      const adapters = trainer.state.parameters;
      saveAdapters(checkpointFolder(place, name), { adapters, lora, base: fromName });
    },
    dispose() {
      forget();
      trainer.dispose();
    },
  };
}
