/** Draws one token from a row of logits, in 64 bits: for one speaker, whose every token is looked at. */

/** A token and how likely it is. */
export interface Candidate {
  readonly id: number;
  readonly probability: number;
}

/** How a token is drawn. */
export interface DrawOptions {
  /** 0 takes the likeliest token */
  readonly temperature: number;
  /** only the likeliest tokens are drawn from that together have this probability; 1 is all */
  readonly topP: number;
}

/** Returns softmax(logits / temperature); at temperature 0 that of the logits themselves. */
export function probabilitiesOf(logits: ArrayLike<number>, temperature: number): Float64Array {
  const scale = temperature === 0 ? 1 : 1 / temperature;
  let top = -Infinity;
  for (let i = 0; i < logits.length; i++) top = Math.max(top, logits[i]!);
  const all = Float64Array.from(logits, (x) => Math.exp((x - top) * scale));
  let sum = 0;
  for (const x of all) sum += x;
  return all.map((x) => x / sum);
}

/** Returns the `count` likeliest tokens, the likeliest first; of equals the first. */
export function likeliest(probabilities: ArrayLike<number>, count: number): Candidate[] {
  const best: Candidate[] = [];
  if (count === 0) return best;
  for (let id = 0; id < probabilities.length; id++) {
    const probability = probabilities[id]!;
    if (best.length === count && probability <= best[count - 1]!.probability) continue;
    let at = best.length;
    while (at > 0 && best[at - 1]!.probability < probability) at--;
    best.splice(at, 0, { id, probability });
    best.length = Math.min(best.length, count);
  }
  return best;
}

/** Draws a token by a number in [0, 1): the first whose cumulative probability is above it. */
export function draw(
  probabilities: Float64Array,
  { temperature, topP }: DrawOptions,
  uniform: number,
): number {
  if (temperature === 0) return likeliest(probabilities, 1)[0]!.id;
  const allowed = topP < 1 ? nucleus(probabilities, topP) : probabilities;
  let sum = 0;
  for (const x of allowed) sum += x;
  let rest = uniform * sum;
  let last = 0;
  for (let id = 0; id < allowed.length; id++) {
    const probability = allowed[id]!;
    if (probability === 0) continue;
    if (rest < probability) return id;
    rest -= probability;
    last = id;
  }
  return last; // where rounding has left something over
}

/** Sets all to 0 but the likeliest tokens that together have the probability `topP`: Holtzman et al. 2020, top-p. */
function nucleus(probabilities: Float64Array, topP: number): Float64Array {
  const order = Array.from(probabilities.keys()).sort((a, b) => probabilities[b]! - probabilities[a]!); // prettier-ignore
  const kept = new Float64Array(probabilities.length);
  let sum = 0;
  for (const id of order) {
    if (sum >= topP) break;
    kept[id] = probabilities[id]!;
    sum += probabilities[id]!;
  }
  return kept;
}
