/** Writes and reads adapters as PEFT does: `adapter_config.json` and `adapter_model.safetensors` under its names. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { faultOf, isCount, isNumber, isText, listOf, oneOf, type Fields } from '../core/fields';
import { readTextFile, writeFileAtomic } from '../core/files';
import { parsedJson } from '../core/jsonLines';
import { tf } from '../engine/tensorflow';
import { disposeTree, tidyTree } from '../engine/tree';
import type { ModelConfig } from './config';
import {
  initLora,
  loraTargets,
  type Lora,
  type LoraConfig,
  type LoraLayer,
  type LoraTarget,
} from './lora';
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from './safetensors';

/** Adapters, and the name of the model that they stand beside. */
export interface SavedAdapters {
  readonly adapters: Lora;
  readonly lora: LoraConfig;
  readonly base: string;
}

const moduleOf: Readonly<Record<LoraTarget, string>> = {
  q: 'self_attn.q_proj',
  k: 'self_attn.k_proj',
  v: 'self_attn.v_proj',
  o: 'self_attn.o_proj',
  gate: 'mlp.gate_proj',
  up: 'mlp.up_proj',
  down: 'mlp.down_proj',
};
const lastPart = (module: string): string => module.split('.')[1]!;
const targetOf = new Map(loraTargets.map((target) => [lastPart(moduleOf[target]), target]));

const settingsFile = 'adapter_config.json';
const weightsFile = 'adapter_model.safetensors';

/** Whether a folder holds adapters, and not all weights of a model. */
export const hasAdapters = (folder: string): boolean =>
  fs.existsSync(path.join(folder, weightsFile));

/** The names under which PEFT keeps the two matrices of an adapter. */
const namesOf = (layer: number, target: LoraTarget): [string, string] => {
  const start = `base_model.model.model.layers.${layer}.${moduleOf[target]}`;
  return [`${start}.lora_A.weight`, `${start}.lora_B.weight`];
};

/** Writes adapters as a folder that PEFT opens beside their model. The weights come last. */
export function saveAdapters(folder: string, { adapters, lora, base }: SavedAdapters): void {
  const settings = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: base,
    r: lora.rank,
    lora_alpha: lora.alpha,
    lora_dropout: 0,
    target_modules: lora.targets.map((target) => lastPart(moduleOf[target])),
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    ...(lora.layers && { layer_replication: lora.layers }),
  };
  writeFileAtomic(path.join(folder, settingsFile), JSON.stringify(settings, null, 2) + '\n');
  const transposed = (name: string, tensor: tf.Tensor): NamedTensor =>
    tf.tidy(() => {
      const turned = tf.transpose(tensor);
      return { name, shape: turned.shape, values: turned.dataSync() as Float32Array };
    });
  const tensors = adapters.layers.flatMap((layer, l) =>
    lora.targets.flatMap((target) => {
      const [a, b] = namesOf(l, target);
      return [transposed(a, layer[target]!.a), transposed(b, layer[target]!.b)];
    }),
  );
  writeFileAtomic(path.join(folder, weightsFile), encodeSafetensors(tensors));
}

const settingsFields: Fields = {
  peft_type: oneOf('LORA'),
  base_model_name_or_path: isText,
  r: isCount,
  lora_alpha: isNumber,
  target_modules: listOf(oneOf(...targetOf.keys())),
  layer_replication: (value) => value == null || listOf(isRange)(value),
};

function isRange(value: unknown): boolean {
  const [from, to, ...more] = Array.isArray(value) ? (value as unknown[]) : [];
  return isCount(from) && isCount(to) && (from as number) < (to as number) && more.length === 0;
}

/** What changes which adapters there are and how they count, and the one value of it that is understood here. */
const usual: Readonly<Record<string, unknown>> = {
  bias: 'none',
  fan_in_fan_out: false,
  use_rslora: false,
  use_dora: false,
  lora_bias: false,
  rank_pattern: {},
  alpha_pattern: {},
  layers_to_transform: null,
  modules_to_save: null,
  target_parameters: null,
  trainable_token_indices: null,
};

/** Reads the settings of a folder that `saveAdapters` wrote, or PEFT. What is not understood is a UserError. */
export function readAdapterSettings(folder: string): Omit<SavedAdapters, 'adapters'> {
  const where = path.join(folder, settingsFile);
  const json = parsedJson(readTextFile(where));
  const fault = faultOf(json, settingsFields);
  if (fault !== null) throw new UserError(`${where}: ${fault}: make or copy it again`);
  const settings = json as Record<string, unknown>;
  for (const [name, value] of Object.entries(usual))
    if (settings[name] != null && JSON.stringify(settings[name]) !== JSON.stringify(value))
      throw new UserError(
        `${where}: ${name} is ${JSON.stringify(settings[name])}, only ${JSON.stringify(value)} is understood`,
      );
  const modules = settings.target_modules as string[];
  return {
    base: settings.base_model_name_or_path as string,
    lora: {
      rank: settings.r as number,
      alpha: settings.lora_alpha as number,
      targets: loraTargets.filter((target) => modules.includes(lastPart(moduleOf[target]))),
      ...(settings.layer_replication != null && {
        layers: settings.layer_replication as [number, number][],
      }),
    },
  };
}

/**
 * Reads the adapters of a model. A tensor that is missing, of another shape or of none of these adapters is a UserError that
 * names it.
 */
export function loadAdapters(folder: string, config: ModelConfig): SavedAdapters {
  const settings = readAdapterSettings(folder);
  const where = path.join(folder, weightsFile);
  const { tensors } = decodeSafetensors(fs.readFileSync(where), where);
  const found = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const blank = initLora(config, settings.lora, 0);
  try {
    const take = (name: string, like: tf.Tensor): tf.Tensor => {
      const tensor = found.get(name);
      const [inputs, outputs] = like.shape as [number, number];
      const wanted = [outputs, inputs];
      if (!tensor) throw new UserError(`${where}: ${name} is missing: are they of another model?`);
      if (tensor.shape.join() !== wanted.join())
        throw new UserError(`${where}: ${name} is [${tensor.shape.join(', ')}], expected [${wanted.join(', ')}]`); // prettier-ignore
      found.delete(name);
      return tf.tidy(() => tf.transpose(tf.tensor2d(tensor.values, wanted as [number, number])));
    };
    const ofLayer = (layer: LoraLayer, l: number): LoraLayer =>
      Object.fromEntries(
        settings.lora.targets.map((target) => {
          const [a, b] = namesOf(l, target);
          return [target, { a: take(a, layer[target]!.a), b: take(b, layer[target]!.b) }];
        }),
      );
    const adapters = tidyTree((): Lora => {
      const layers = blank.layers.map(ofLayer);
      const [extra] = found.keys();
      if (extra === undefined) return { layers };
      throw new UserError(`${where}: ${extra} is no part of the adapters of its settings`);
    });
    return { ...settings, adapters };
  } finally {
    disposeTree(blank);
  }
}
