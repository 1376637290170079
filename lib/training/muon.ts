/**
 * Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon): the momentum of a matrix is replaced by the
 * nearest matrix with equal singular values, so that rare directions are learned as fast as frequent ones.
 */
import { tf } from '../engine/tensorflow';

export interface MuonConfig {
  /** the learning rate of the matrices, as a multiple of AdamW's */
  readonly rateFactor: number;
  readonly momentum: number;
  readonly weightDecay: number;
}

/** Jordan's coefficients: five rounds bring every singular value of at least 0.01 between 0.7 and 1.2. */
const [a, b, c] = [3.4445, -4.775, 2.0315] as const;
const rounds = 5;

/** About `U V^T` of each matrix `U S V^T`, by Newton-Schulz iteration: `X <- a X + (b A + c A^2) X`, `A = X X^T`. [n, r, c] */
export function orthogonalize(matrices: tf.Tensor): tf.Tensor {
  const [, rows, columns] = matrices.shape as [number, number, number];
  const wide = rows <= columns ? matrices : tf.transpose(matrices, [0, 2, 1]);
  let x = tf.div(wide, tf.add(tf.sqrt(tf.sum(tf.square(wide), [1, 2], true)), 1e-7));
  for (let round = 0; round < rounds; round++) {
    const gram = tf.matMul(x, x, false, true); // [n, r, r] with r <= c
    const polynomial = tf.add(tf.mul(gram, b), tf.mul(tf.matMul(gram, gram), c));
    x = tf.add(tf.mul(x, a), tf.matMul(polynomial, x));
  }
  return rows <= columns ? x : tf.transpose(x, [0, 2, 1]);
}

/** Matrices with their gradients and running means, in one order. */
export interface MuonInputs {
  readonly weights: readonly tf.Tensor[];
  readonly gradients: readonly tf.Tensor[];
  readonly means: readonly tf.Tensor[];
}

/**
 * One update of Muon for matrices [in, out], with Nesterov's momentum:
 * `m = mu m + (1 - mu) g`, `w = w - rate (sqrt(max(1, out/in)) orthogonalize(mu m + (1 - mu) g) + decay w)`.
 * Matrices of one shape are orthogonalized together.
 */
export function muon(
  { momentum, weightDecay }: MuonConfig,
  { weights, gradients, means }: MuonInputs,
  rate: tf.Tensor,
): { weights: tf.Tensor[]; means: tf.Tensor[] } {
  const step = (mean: tf.Tensor, i: number): tf.Tensor =>
    tf.add(tf.mul(mean, momentum), tf.mul(gradients[i]!, 1 - momentum));
  const newMeans = means.map(step);
  const ahead = newMeans.map(step);
  const updated: tf.Tensor[] = [];
  for (const members of sameShape(weights)) {
    const [rows, columns] = weights[members[0]!]!.shape as [number, number];
    const scale = Math.sqrt(Math.max(1, columns / rows));
    const directions = tf.unstack(orthogonalize(tf.stack(members.map((i) => ahead[i]!))));
    members.forEach((i, j) => {
      const decayed = tf.add(tf.mul(directions[j]!, scale), tf.mul(weights[i]!, weightDecay));
      updated[i] = tf.sub(weights[i]!, tf.mul(decayed, rate));
    });
  }
  return { weights: updated, means: newMeans };
}

/** The indices of the tensors, one list for each shape. */
function sameShape(tensors: readonly tf.Tensor[]): number[][] {
  const groups = new Map<string, number[]>();
  tensors.forEach(({ shape }, i) => {
    const group = groups.get(String(shape));
    if (group) group.push(i);
    else groups.set(String(shape), [i]);
  });
  return [...groups.values()];
}
