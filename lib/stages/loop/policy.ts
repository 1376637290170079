/** What reinforcement learning trains: all weights of a small model, or adapters beside a large one. */
import { saveAdapters } from '../../model/adapterFiles';
import { disposeMerged, initLora, mergeLora, type Lora } from '../../model/lora';
import { cloneParameters, type Model, type Parameters } from '../../model/parameters';
import { grpoBatchLoss, wholeModel, type GrpoBatch, type Learner } from '../../training/grpo';
import { adapters as adaptersOf, loraGrpoLoss, type LoraBatch } from '../../training/loraGrpo';
import type { Learnable } from '../../training/optimizer';
import { createTrainerState, Trainer, type TrainerState } from '../../training/trainer';
import { decodeStateLike, decodeTrainerState } from '../../training/trainerState';
import { checkpointFolder, saveModel, type Place } from '../places';
import type { LoraSettings, RLSettings } from '../settings';

export interface Policy {
  readonly state: TrainerState<Learnable>;
  readonly learner: Learner;
  /** the weights to sample with, those of the last update; the policy owns them */
  weights(): Parameters;
  /** what was learned, as a model whose weights have memory of their own where they differ from those it started from */
  model(): Model;
  /** saves what was learned as the checkpoint of that name */
  save(place: Place, name: string): void;
  dispose(): void;
}

/** What a policy starts from. */
export interface PolicyStart {
  readonly from: Model;
  readonly fromName: string;
  readonly seed: number;
  readonly settings: RLSettings;
  /** the state of an interrupted run */
  readonly saved: { readonly state: Uint8Array } | null;
  /** where it lies, for errors */
  readonly where: string;
}

/** Makes the policy of a new run, or that of an interrupted one where it stands. */
export const startPolicy = (start: PolicyStart): Policy =>
  start.settings.lora ? loraPolicy(start, start.settings.lora) : wholePolicy(start);

function wholePolicy({ from, settings, saved, where }: PolicyStart): Policy {
  const { config } = from;
  const state = saved
    ? decodeTrainerState(config, settings.optimizer, saved.state, where)
    : createTrainerState(cloneParameters(from.parameters), settings.optimizer);
  const loss = grpoBatchLoss(config, settings.grpo);
  const trainer = new Trainer<GrpoBatch>(loss, settings.optimizer, state);
  return {
    state,
    learner: wholeModel(trainer),
    weights: () => trainer.state.parameters,
    model: () => ({ config, parameters: cloneParameters(trainer.state.parameters) }),
    save(place, name) {
      saveModel(place, name, { config, parameters: trainer.state.parameters });
    },
    dispose: () => trainer.dispose(),
  };
}

function loraPolicy(
  { from, fromName, seed, settings, saved, where }: PolicyStart,
  lora: LoraSettings,
): Policy {
  const { config, parameters: frozen } = from;
  const blank = (): TrainerState<Lora> =>
    createTrainerState(initLora(config, lora, seed), settings.optimizer);
  const state = saved ? decodeStateLike(blank, saved.state, where) : blank();
  const loss = loraGrpoLoss({ config, lora, loss: settings.grpo, recompute: lora.recompute });
  const graphs = { frozen, large: true };
  const trainer = new Trainer<LoraBatch, Lora, Parameters>(loss, settings.optimizer, state, graphs);
  let merged: { readonly weights: Parameters; readonly of: Lora } | undefined;
  const forget = (): void => {
    if (merged) disposeMerged(merged.weights, frozen);
    merged = undefined;
  };
  const weights = (): Parameters => {
    const { parameters } = trainer.state;
    if (merged?.of !== parameters) {
      forget();
      merged = { weights: mergeLora(config, frozen, parameters, lora), of: parameters };
    }
    return merged.weights;
  };
  return {
    state,
    learner: adaptersOf(trainer),
    weights,
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
