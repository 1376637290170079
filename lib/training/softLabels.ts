/**
 * Distillation by soft labels: the student learns the teacher's whole distribution over the next token instead of the
 * one that was sampled (Hinton, Vinyals and Dean 2015, arXiv:1503.02531, at temperature 1).
 */
import { jit } from '../engine/jit';
import { tf } from '../engine/tensorflow';
import type { ModelConfig } from '../model/config';
import { decoderLogits } from '../model/decoder';
import type { Model, Parameters } from '../model/parameters';
import type { LossOutputs } from './gradients';
import type { TextBatch } from './nextToken';
import type { OptimizerConfig } from './optimizer';
import { Trainer, type TrainerState } from './trainer';

/** A batch with the teacher's probability of every token at every place: soft is [N, V]. */
export type SoftBatch = TextBatch & { readonly soft: tf.Tensor };

/** `-sum_n weights_n sum_v soft_nv log p_nv`. logits [N, V], soft [N, V], weights [N] -> scalar. */
export function softCrossEntropy(
  logits: tf.Tensor,
  soft: tf.Tensor,
  weights: tf.Tensor,
): tf.Tensor {
  const perToken = tf.sum(tf.mul(soft, tf.logSoftmax(logits)), 1); // [N]
  return tf.neg(tf.sum(tf.mul(weights, perToken)));
}

export function softLabelLoss(
  config: ModelConfig,
): (parameters: Parameters, batch: SoftBatch) => LossOutputs {
  return (parameters, batch) => {
    const logits = decoderLogits(config, parameters, batch.ids, batch.starts); // [N, V]
    return { loss: softCrossEntropy(logits, batch.soft, batch.channels.weights) };
  };
}

/**
 * A trainer that asks the teacher about every batch. A student with a smaller vocabulary than its teacher gets the
 * teacher's distribution over the tokens that both know.
 */
export function createSoftLabelTrainer(
  teacher: Model,
  config: ModelConfig,
  optimizer: OptimizerConfig,
  state: TrainerState,
): Pick<Trainer<TextBatch>, 'step' | 'state' | 'dispose'> {
  const trainer = new Trainer(softLabelLoss(config), optimizer, state);
  const probabilities = jit(
    (parameters: Parameters, batch: { readonly ids: tf.Tensor; readonly starts: tf.Tensor }) => {
      const logits = decoderLogits(teacher.config, parameters, batch.ids, batch.starts);
      return tf.softmax(tf.slice(logits, [0, 0], [-1, config.vocabSize])); // [N, V of the student]
    },
    { xla: true },
  );
  const label = (batch: TextBatch): SoftBatch => {
    const { ids, starts } = batch;
    return { ...batch, soft: probabilities(teacher.parameters, { ids, starts }) };
  };
  return {
    state,
    step: (batches, learningRate) => trainer.step([...batches].map(label), learningRate),
    dispose() {
      probabilities.dispose();
      trainer.dispose();
    },
  };
}
