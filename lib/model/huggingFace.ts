/** Writes and reads weights as Hugging Face does: under its names, one matrix [out, in] for each projection. */
import { UserError } from '../core/errors';
import { tf } from '../engine/tensorflow';
import type { ModelConfig } from './config';
import type { LayerParameters, Parameters } from './parameters';
import type { NamedTensor, TensorFile } from './safetensors';

/** A part of one of our tensors, columns from..to, under its name in `transformers`. */
interface Part {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Returns, for each tensor of a layer, the parts that `transformers` keeps apart. */
function layerParts(
  { numHeads, numKvHeads, headDim, hiddenDim, modelDim, ...has }: ModelConfig,
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
  const gateUp = (kind: string): Part[] =>
    split({ [`mlp.gate_proj.${kind}`]: hiddenDim, [`mlp.up_proj.${kind}`]: hiddenDim });
  return {
    attentionNorm: split({ 'input_layernorm.weight': modelDim }),
    qkv: qkv('weight'),
    ...(has.qkvBias && { qkvBias: qkv('bias') }),
    ...(has.qkNorm && {
      queryNorm: split({ 'self_attn.q_norm.weight': headDim }),
      keyNorm: split({ 'self_attn.k_norm.weight': headDim }),
    }),
    attentionOutput: split({ 'self_attn.o_proj.weight': modelDim }),
    ...(has.attentionOutputBias && {
      attentionOutputBias: split({ 'self_attn.o_proj.bias': modelDim }),
    }),
    mlpNorm: split({ 'post_attention_layernorm.weight': modelDim }),
    gateUp: gateUp('weight'),
    down: split({ 'mlp.down_proj.weight': modelDim }),
    ...(has.mlpBias && {
      gateUpBias: gateUp('bias'),
      downBias: split({ 'mlp.down_proj.bias': modelDim }),
    }),
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
    ...(parameters.output ? [plain(outputName, parameters.output)] : []),
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

/** The output layer of a model that does not share it with the embedding. */
const outputName = 'lm_head.weight';

/** A buffer in older files, from which `transformers` does not read the angles either. */
const isUnread = (name: string): boolean => name.endsWith('rotary_emb.inv_freq');

/**
 * Reads what `toHuggingFace` returns, tensor by tensor. A tensor that is missing, of another shape, not used by the
 * decoder, or not of finite numbers is a UserError that names it.
 */
export function fromHuggingFace(
  config: ModelConfig,
  file: Pick<TensorFile, 'shapes' | 'read'>,
  where: string,
): Parameters {
  const { modelDim, vocabSize, numLayers } = config;
  const made: tf.Tensor[] = [];
  const taken = new Set<string>();
  const take = (name: string, shape: readonly number[]): tf.Tensor => {
    taken.add(name);
    return readTensor(file, name, shape, where);
  };
  const keep = (make: () => tf.Tensor): tf.Tensor => {
    const tensor = tf.tidy(make);
    made.push(tensor);
    return tensor;
  };
  const inputs: Readonly<Record<string, number>> = {
    qkv: modelDim,
    attentionOutput: config.numHeads * config.headDim,
    gateUp: modelDim,
    down: config.hiddenDim,
  };
  const layer = (l: number): LayerParameters =>
    Object.fromEntries(
      Object.entries(layerParts(config, l)).map(([key, parts]) => {
        const size = inputs[key]; // undefined for gains and biases, which have one dimension
        const piece = ({ name, from, to }: Part): tf.Tensor =>
          size === undefined
            ? take(name, [to - from])
            : tf.transpose(take(name, [to - from, size]) as tf.Tensor);
        return [key, keep(() => tf.concat(parts.map(piece), -1))];
      }),
    ) as unknown as LayerParameters;
  try {
    const parameters: Parameters = {
      embedding: keep(() => take('model.embed_tokens.weight', [vocabSize, modelDim])),
      layers: Array.from({ length: numLayers }, (_, l) => layer(l)),
      finalNorm: keep(() => take('model.norm.weight', [modelDim])),
      ...(!config.tied && { output: keep(() => take(outputName, [vocabSize, modelDim])) }),
      ...(file.shapes.has('score.weight') && {
        scoreHead: keep(() => tf.reshape(take('score.weight', [1, modelDim]), [modelDim, 1])),
      }),
    };
    if (config.tied && file.shapes.has(outputName)) refuseOtherOutput(parameters, take, where);
    const extra = [...file.shapes.keys()].find((name) => !taken.has(name) && !isUnread(name));
    if (extra !== undefined)
      throw new UserError(`${where}: ${extra} is no part of the model of its config`);
    return parameters;
  } catch (error) {
    tf.dispose(made);
    throw error;
  }
}

/** Some files of tied models hold the output layer once more. It has to be the embedding, which is used in its place. */
function refuseOtherOutput(
  { embedding }: Parameters,
  take: (name: string, shape: readonly number[]) => tf.Tensor,
  where: string,
): void {
  const isSame = tf.tidy(() => tf.all(tf.equal(take(outputName, embedding.shape), embedding)).dataSync()[0]); // prettier-ignore
  if (!isSame)
    throw new UserError(`${where}: ${outputName} is not the embedding, although its config ties them`); // prettier-ignore
}

function readTensor(
  file: Pick<TensorFile, 'shapes' | 'read'>,
  name: string,
  shape: readonly number[],
  where: string,
): tf.Tensor {
  const found = file.shapes.get(name);
  if (!found)
    throw new UserError(`${where}: ${name} is missing: is it the config of another model?`);
  if (found.join() !== shape.join())
    throw new UserError(
      `${where}: ${name} is [${found.join(', ')}], its config says [${shape.join(', ')}]`,
    );
  const values = file.read(name);
  const bad = values.find((value) => !Number.isFinite(value));
  if (bad !== undefined)
    throw new UserError(`${where}: ${name} holds ${bad}: make or copy it again`);
  return tf.tensor(values, [...shape]);
}
