import { createRandom, normal } from '../core/random';
import { tf } from '../engine/tensorflow';
import { flatten } from '../engine/tree';
import type { TextTokenizer } from '../tokenizer/textTokenizer';
import type { ModelConfig } from './config';

/** The weights of one block. Matrices are stored as [in, out]; Hugging Face stores the transpose. */
export type LayerParameters = {
  readonly attentionNorm: tf.Tensor; // [d]
  /** query, key and value projections side by side: one matrix product instead of three */
  readonly qkv: tf.Tensor; // [d, (H + 2 KV) D]
  /** only with `qkvBias` */
  readonly qkvBias?: tf.Tensor; // [(H + 2 KV) D]
  /** gains of the norms over each head of queries and of keys, only with `qkNorm` */
  readonly queryNorm?: tf.Tensor; // [D]
  readonly keyNorm?: tf.Tensor; // [D]
  readonly attentionOutput: tf.Tensor; // [H D, d]
  /** only with `attentionOutputBias` */
  readonly attentionOutputBias?: tf.Tensor; // [d]
  readonly mlpNorm: tf.Tensor; // [d]
  /** gate and up projections side by side */
  readonly gateUp: tf.Tensor; // [d, 2 F]
  readonly down: tf.Tensor; // [F, d]
  /** only with `mlpBias` */
  readonly gateUpBias?: tf.Tensor; // [2 F]
  readonly downBias?: tf.Tensor; // [d]
};

/** All weights of a decoder. */
export type Parameters = {
  readonly embedding: tf.Tensor; // [V, d]
  /** the output layer; without it the embedding is the output layer too (`tied`) */
  readonly output?: tf.Tensor; // [V, d]
  readonly layers: readonly LayerParameters[];
  readonly finalNorm: tf.Tensor; // [d]
  /** gives one number for each place instead of a next token: a reward model's score, or a critic's value */
  readonly scoreHead?: tf.Tensor; // [d, 1]
};

/** A decoder: its shape and its weights. */
export interface Model {
  readonly config: ModelConfig;
  readonly parameters: Parameters;
  /** of a language model; without it the model speaks the workbook's vocabulary */
  readonly tokenizer?: TextTokenizer;
}

/** Returns how many columns the query, key and value projections have side by side. */
function qkvWidth({ numHeads, numKvHeads, headDim }: ModelConfig): number {
  return (numHeads + 2 * numKvHeads) * headDim;
}

/**
 * Draws fresh weights. Matrices are normal with standard deviation 1/sqrt(inputs). Those that write into the residual
 * stream are divided by sqrt(2 layers), as in GPT-2, so that the stream does not grow with the depth.
 */
export function initParameters(config: ModelConfig, seed: number): Parameters {
  const { modelDim: d, hiddenDim, numLayers, numHeads, headDim, vocabSize } = config;
  const random = createRandom(seed, 'parameters');
  const matrix = (rows: number, columns: number, deviation: number): tf.Tensor =>
    tf.tensor2d(
      Float32Array.from({ length: rows * columns }, () => deviation * normal(random)),
      [rows, columns],
    );
  const residualScale = 1 / Math.sqrt(2 * numLayers);
  return {
    embedding: matrix(vocabSize, d, 0.5 / Math.sqrt(d)),
    layers: Array.from({ length: numLayers }, () => ({
      attentionNorm: tf.ones([d]),
      qkv: matrix(d, qkvWidth(config), 1 / Math.sqrt(d)),
      ...(config.qkvBias && { qkvBias: tf.zeros([qkvWidth(config)]) }),
      ...(config.qkNorm && { queryNorm: tf.ones([headDim]), keyNorm: tf.ones([headDim]) }),
      attentionOutput: matrix(numHeads * headDim, d, residualScale / Math.sqrt(numHeads * headDim)),
      ...(config.attentionOutputBias && { attentionOutputBias: tf.zeros([d]) }),
      mlpNorm: tf.ones([d]),
      gateUp: matrix(d, 2 * hiddenDim, 1 / Math.sqrt(d)),
      down: matrix(hiddenDim, d, residualScale / Math.sqrt(hiddenDim)),
      ...(config.mlpBias && { gateUpBias: tf.zeros([2 * hiddenDim]), downBias: tf.zeros([d]) }),
    })),
    finalNorm: tf.ones([d]),
    ...(!config.tied && { output: matrix(vocabSize, d, 0.5 / Math.sqrt(d)) }),
  };
}

/** Counts all numbers of the weights. */
export function countParameters(parameters: Parameters): number {
  return flatten(parameters).reduce((sum, tensor) => sum + tensor.size, 0);
}

/** Returns a copy of the weights with memory of its own. */
export function cloneParameters(parameters: Parameters): Parameters {
  const copy = (tensor: tf.Tensor): tf.Tensor => tf.tensor(tensor.dataSync().slice(), tensor.shape);
  return {
    embedding: copy(parameters.embedding),
    layers: parameters.layers.map(
      (layer) =>
        Object.fromEntries(
          Object.entries(layer).map(([name, tensor]) => [name, copy(tensor)]),
        ) as LayerParameters,
    ),
    finalNorm: copy(parameters.finalNorm),
    ...(parameters.output && { output: copy(parameters.output) }),
    ...(parameters.scoreHead && { scoreHead: copy(parameters.scoreHead) }),
  };
}

/** Returns a copy with a score head of zeros. A reward model and a critic start from it. */
export function withScoreHead(parameters: Parameters): Parameters {
  const d = parameters.finalNorm.shape[0]!;
  return { ...cloneParameters(parameters), scoreHead: tf.zeros([d, 1]) };
}

/**
 * Returns a copy that knows `vocabSize` tokens. The new rows of the embedding are the mean of the old ones with a
 * little noise, so that a new token is at first about as likely as any other.
 */
export function extendVocabulary(model: Model, vocabSize: number, seed: number): Model {
  const { config, parameters } = model;
  const copy = cloneParameters(parameters);
  const [old, d] = parameters.embedding.shape as [number, number];
  const random = createRandom(seed, 'new tokens');
  const noise = Float32Array.from({ length: (vocabSize - old) * d }, () => 0.02 * normal(random));
  const embedding = tf.tidy(() => {
    const fresh = tf.add(tf.tensor2d(noise, [vocabSize - old, d]), tf.mean(copy.embedding, 0));
    return tf.concat([copy.embedding, fresh]);
  });
  copy.embedding.dispose();
  return { config: { ...config, vocabSize }, parameters: { ...copy, embedding } };
}
