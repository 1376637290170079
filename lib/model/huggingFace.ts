/** Writes and reads weights as Hugging Face does: under its names, one matrix [out, in] for each projection. */
import { UserError } from '../core/errors';
import { tf } from '../engine/tensorflow';
import type { ModelConfig } from './config';
import type { LayerParameters, Parameters } from './parameters';
import type { NamedTensor } from './safetensors';

/** A part of one of our tensors, columns from..to, under its name in `transformers`. */
interface Part {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Returns, for each tensor of a layer, the parts that `transformers` keeps apart. */
function layerParts(
  { numHeads, numKvHeads, headDim, hiddenDim, modelDim, qkvBias }: ModelConfig,
  layer: number,
): Record<string, Part[]> {
  const prefix = `model.layers.${layer}.`;
  const split = (sizes: Record<string, number>): Part[] => {
    let to = 0;
    return Object.entries(sizes).map(([name, size]) => {
      const from = to;
      to += size;
      return { name: prefix + name, from, to };
    });
  };
  const qkv = (kind: string): Part[] =>
    split({
      [`self_attn.q_proj.${kind}`]: numHeads * headDim,
      [`self_attn.k_proj.${kind}`]: numKvHeads * headDim,
      [`self_attn.v_proj.${kind}`]: numKvHeads * headDim,
    });
  return {
    attentionNorm: split({ 'input_layernorm.weight': modelDim }),
    qkv: qkv('weight'),
    ...(qkvBias && { qkvBias: qkv('bias') }),
    attentionOutput: split({ 'self_attn.o_proj.weight': modelDim }),
    mlpNorm: split({ 'post_attention_layernorm.weight': modelDim }),
    gateUp: split({ 'mlp.gate_proj.weight': hiddenDim, 'mlp.up_proj.weight': hiddenDim }),
    down: split({ 'mlp.down_proj.weight': modelDim }),
  };
}

/** Returns the weights as `transformers` names and lays them out. */
export function toHuggingFace(config: ModelConfig, parameters: Parameters): NamedTensor[] {
  const plain = (name: string, tensor: tf.Tensor): NamedTensor => ({
    name,
    shape: tensor.shape,
    values: tensor.dataSync() as Float32Array,
  });
  const layers = parameters.layers.flatMap((layer, l) =>
    Object.entries(layerParts(config, l)).flatMap(([key, parts]) => {
      const tensor = layer[key as keyof LayerParameters]!;
      return parts.map((part) => takePart(tensor, part));
    }),
  );
  return [
    plain('model.embed_tokens.weight', parameters.embedding),
    ...layers,
    plain('model.norm.weight', parameters.finalNorm),
    ...(parameters.scoreHead ? [scoreWeights(parameters.scoreHead)] : []),
  ];
}

/** A head with one output, as `LlamaForSequenceClassification` keeps it: [1, d]. */
const scoreWeights = (head: tf.Tensor): NamedTensor => ({
  name: 'score.weight',
  shape: [1, head.size],
  values: head.dataSync() as Float32Array,
});

function takePart(tensor: tf.Tensor, { name, from, to }: Part): NamedTensor {
  return tf.tidy(() => {
    const piece =
      tensor.rank === 1
        ? tf.slice(tensor, [from], [to - from])
        : tf.transpose(tf.slice(tensor, [0, from], [-1, to - from]));
    return { name, shape: piece.shape, values: piece.dataSync() as Float32Array };
  });
}

/** A buffer in older files, from which `transformers` does not read the angles either. */
const isUnread = (name: string): boolean => name.endsWith('rotary_emb.inv_freq');

/**
 * Reads what `toHuggingFace` returns. A tensor that is missing, of another shape, not used by the decoder, or not of
 * finite numbers is a UserError that names it.
 */
export function fromHuggingFace(
  config: ModelConfig,
  tensors: readonly NamedTensor[],
  where: string,
): Parameters {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const taken = new Set<string>();
  const { modelDim, vocabSize, numLayers } = config;
  const take = (name: string, shape: readonly number[]): tf.Tensor => {
    const found = byName.get(name);
    taken.add(name);
    if (!found)
      throw new UserError(`${where}: ${name} is missing: is it the config of another model?`);
    if (found.shape.join() !== shape.join())
      throw new UserError(
        `${where}: ${name} is [${found.shape.join(', ')}], its config says [${shape.join(', ')}]`,
      );
    const bad = found.values.find((value) => !Number.isFinite(value));
    if (bad !== undefined)
      throw new UserError(`${where}: ${name} holds ${bad}: make or copy it again`);
    return tf.tensor(found.values, [...shape]);
  };
  const inputs: Record<string, number | null> = {
    attentionNorm: null,
    qkv: modelDim,
    qkvBias: null,
    attentionOutput: config.numHeads * config.headDim,
    mlpNorm: null,
    gateUp: modelDim,
    down: config.hiddenDim,
  };
  return tf.tidy(() => {
    const layer = (l: number): LayerParameters =>
      Object.fromEntries(
        Object.entries(layerParts(config, l)).map(([key, parts]) => {
          const size = inputs[key]!;
          const pieces = parts.map(({ name, from, to }) =>
            size === null
              ? take(name, [to - from])
              : (tf.transpose(take(name, [to - from, size])) as tf.Tensor),
          );
          return [key, tf.concat(pieces, -1)];
        }),
      ) as unknown as LayerParameters;
    const parameters: Parameters = {
      embedding: take('model.embed_tokens.weight', [vocabSize, modelDim]),
      layers: Array.from({ length: numLayers }, (_, l) => layer(l)),
      finalNorm: take('model.norm.weight', [modelDim]),
      ...(byName.has('score.weight') && {
        scoreHead: tf.reshape(take('score.weight', [1, modelDim]), [modelDim, 1]),
      }),
    };
    const extra = tensors.find(({ name }) => !taken.has(name) && !isUnread(name));
    if (extra) throw new UserError(`${where}: ${extra.name} is no part of the model of its config`);
    return parameters as unknown as tf.TensorContainer;
  }) as unknown as Parameters;
}
