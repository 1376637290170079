/** A seeded stream of random numbers (sfc32). The same keys give the same stream on every machine. */
export interface Random {
  /** uniform in [0, 1) */
  next(): number;
  /** uniform integer in 0..n-1 */
  int(n: number): number;
}

/** The final mixing step of MurmurHash3: every input bit reaches every output bit. */
function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Returns a 32-bit hash of a text (FNV-1a, then mixed). It decides held-out splits and seeds. */
export function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return mix(h);
}

/**
 * Returns the stream that some keys name, for example `createRandom(seed, 'documents', step)`. A loop that makes a
 * fresh stream from its step number resumes exactly without the state of a generator in its checkpoint.
 */
export function createRandom(...keys: (number | string)[]): Random {
  const name = keys.join('/');
  let a = hashText(`a/${name}`);
  let b = hashText(`b/${name}`);
  let c = hashText(`c/${name}`);
  let counter = 1;
  const nextInt = (): number => {
    const t = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) nextInt();
  const next = (): number => nextInt() / 2 ** 32;
  return { next, int: (n) => Math.floor(next() * n) };
}

/**
 * Returns the uniform number in [0, 1) that belongs to a place in the run. It does not come from a stream: each place
 * gets the same number in whatever order and batch the places are visited. It has 24 bits, so it is exact in float32.
 */
export function uniformAt(...place: number[]): number {
  let h = 0x9e3779b9;
  for (const key of place) h = mix((Math.imul(h, 31) + key) | 0);
  return (h >>> 8) / 2 ** 24;
}

/** Draws one standard normal number (Box-Muller). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/** Draws one of the items, all of which are equally likely. */
export function pick<T>(items: readonly T[], random: Random): T {
  return items[random.int(items.length)] as T;
}

/** Draws an index in proportion to the weights. */
export function pickWeighted(weights: readonly number[], random: Random): number {
  let rest = random.next() * weights.reduce((sum, w) => sum + w, 0);
  for (let i = 0; i < weights.length; i++) {
    rest -= weights[i]!;
    if (rest < 0) return i;
  }
  return weights.length - 1;
}

/** Returns a shuffled copy (Fisher-Yates). */
export function shuffle<T>(items: readonly T[], random: Random): T[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}
