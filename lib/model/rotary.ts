import { tf } from '../engine/tensorflow';
import type { ModelConfig } from './config';

/**
 * Returns the cosines and sines of the rotary angles for positions from..from+count-1, [count, D] flat. Each value
 * stands twice in its row, once for each half of D.
 */
export function rotaryAngles(
  from: number,
  count: number,
  config: Pick<ModelConfig, 'headDim' | 'ropeTheta' | 'ropeScaling'>,
): { cos: Float32Array; sin: Float32Array } {
  const { headDim } = config;
  const cos = new Float32Array(count * headDim);
  const sin = new Float32Array(count * headDim);
  const half = headDim / 2;
  const divisors = Array.from({ length: half }, (_, i) => angleDivisor(i / half, config));
  for (let p = 0; p < count; p++)
    for (let i = 0; i < half; i++) {
      const angle = (from + p) / divisors[i]!;
      const at = p * headDim + i;
      cos[at] = cos[at + half] = Math.cos(angle);
      sin[at] = sin[at + half] = Math.sin(angle);
    }
  return { cos, sin };
}

/**
 * Returns the number that a position is divided by for its angle at `place`, from 0 to 1 along half a head. Where the
 * context is stretched, `linear` divides all angles (Chen et al. 2023, https://arxiv.org/abs/2306.15595); `llama3` divides
 * only those of long wavelengths, and between the two factors some of it (Llama 3.1,
 * https://arxiv.org/abs/2407.21783, and the code of `transformers`).
 */
function angleDivisor(
  place: number,
  { ropeTheta, ropeScaling }: Pick<ModelConfig, 'ropeTheta' | 'ropeScaling'>,
): number {
  const plain = ropeTheta ** place;
  if (ropeScaling === null) return plain;
  if (ropeScaling.type === 'linear') return plain * ropeScaling.factor;
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high } = ropeScaling;
  const turns = ropeScaling.originalContext / (2 * Math.PI * plain); // in the original context
  const keep = Math.min(1, Math.max(0, (turns - low) / (high - low))); // 1: as it was, 0: stretched
  return plain / (keep + (1 - keep) / factor);
}

/**
 * Applies the rotary position embedding in the half-split form of Hugging Face's Llama, `x cos + rotateHalf(x) sin`
 * with `rotateHalf([a, b]) = [-b, a]` (Su et al. 2021, https://arxiv.org/abs/2104.09864). The last dimension of x is
 * D; cos and sin broadcast against it.
 */
export function rotate(x: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor): tf.Tensor {
  const [a, b] = tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor];
  return tf.add(tf.mul(x, cos), tf.mul(tf.concat([tf.neg(b), a], -1), sin));
}
