/** What is wrong with an update, in words, and the file from which the update can be repeated. */
import { BadStep, UserError } from '../core/errors';
import { faultOf, listOf, objectOf, oneOf, type Kind } from '../core/fields';
import { parsedJson } from '../core/jsonLines';
import { tf } from '../engine/tensorflow';
import { flatten, treeShape, unflatten, type TensorTree, type TreeShape } from '../engine/tree';
import { countIn, decodeSafetensors, encodeSafetensors } from '../model/safetensors';
import type { Parameters } from '../model/parameters';
import type { OptimizerState } from './optimizer';

/** An update that was tried: the weights and the optimizer's state before it, its batches, and its learning rate. */
export interface TriedUpdate<P extends TensorTree = Parameters> {
  readonly parameters: P;
  readonly optimizer: OptimizerState;
  /** updates made before it */
  readonly updates: number;
  readonly batches: readonly TensorTree[];
  readonly learningRate: number;
}

/** How many times larger the norm of all weights may get in one update. Updates that teach something stay far below. */
const mostGrowth = 10;

/**
 * Throws a BadStep where an update must not be made. `numbers` are its loss, the other outputs of the loss function and
 * the norm of its gradient; `norms` are those of all weights before the update and after it.
 */
export function refuseBadUpdate(
  tried: TriedUpdate<TensorTree>,
  numbers: Readonly<Record<string, number>>,
  norms: { readonly before: number; readonly after: number },
): void {
  const rate = `lower the learning rate, ${tried.learningRate}`;
  const bad = Object.entries(numbers).find(([, value]) => !Number.isFinite(value));
  if (bad) throw badUpdate(tried, `${bad[0]} is ${bad[1]}: ${causeOf(tried) ?? rate}`);
  if (norms.after <= mostGrowth * Math.max(1, norms.before)) return; // false for NaN as well
  const [before, after] = [norms.before, norms.after].map((norm) => Number(norm.toPrecision(3)));
  const growth = `one update takes the norm of the weights from ${before} to ${after}`;
  throw badUpdate(tried, `${growth}: ${causeOf(tried) ?? rate}`);
}

/** Returns the error for an update that is not made. Its evidence is what `decodeUpdate` reads. */
export const badUpdate = (tried: TriedUpdate<TensorTree>, fault: string): BadStep =>
  new BadStep(fault, encodeUpdate(tried));

/** Says where in the weights or in the batches there was a bad number before the update; null where there was none. */
function causeOf({ parameters, batches }: TriedUpdate<TensorTree>): string | null {
  const tree = { weights: parameters, batches };
  const places = namesOf(treeShape(tree));
  const tensors = flatten(tree);
  const bad = tensors.findIndex((tensor) => !tensor.dataSync().every(Number.isFinite));
  if (bad < 0) return null;
  const value = tensors[bad]!.dataSync().find((number) => !Number.isFinite(number));
  return `${places[bad]} held ${value} before the update`;
}

/** Returns the names of the tensors of a tree, such as `batches.0.channels.weights`, in the order of `flatten`. */
function namesOf(shape: TreeShape, path = ''): string[] {
  if (shape === null) return [path];
  return Object.entries(shape).flatMap(([key, branch]) =>
    namesOf(branch as TreeShape, path ? `${path}.${key}` : key),
  );
}

function encodeUpdate({ updates, learningRate, ...trees }: TriedUpdate<TensorTree>): Uint8Array {
  const shape = treeShape(trees);
  const names = namesOf(shape);
  const tensors = flatten(trees);
  return encodeSafetensors(
    tensors.map((tensor, i) => ({
      name: names[i]!,
      shape: tensor.shape,
      values: Float32Array.from(tensor.dataSync()), // ids are exact: they are below 2^24
    })),
    {
      updates: String(updates),
      learningRate: String(learningRate),
      tree: JSON.stringify(shape),
      dtypes: JSON.stringify(tensors.map(({ dtype }) => dtype)),
    },
  );
}

/**
 * Reads an update that was refused, from the `bad-step-….safetensors` of a run. A Trainer with this state, and with the
 * loss function of the stage, refuses `step(batches, learningRate)` again with the same words. A file of another kind is
 * a UserError.
 */
export function decodeUpdate(bytes: Uint8Array, where: string): TriedUpdate {
  const { tensors, metadata } = decodeSafetensors(bytes, where);
  const [shape, dtypes] = [metadata.tree, metadata.dtypes].map((text) => parsedJson(text ?? ''));
  const updates = countIn(metadata.updates);
  const isUpdate =
    isTriedShape(shape) &&
    listOf(oneOf('float32', 'int32'))(dtypes) &&
    namesOf(shape).join() === tensors.map(({ name }) => name).join() &&
    (dtypes as unknown[]).length === tensors.length;
  if (!isUpdate || updates === null || metadata.learningRate === undefined)
    throw new UserError(`${where} holds no update that was refused: name a bad-step file of a run`);
  const tree = unflatten(
    shape,
    tensors.map(({ values, shape }, i) =>
      tf.tensor(values, [...shape], (dtypes as ('float32' | 'int32')[])[i]),
    ),
  ) as unknown as Pick<TriedUpdate, 'parameters' | 'optimizer' | 'batches'>;
  return { ...tree, updates, learningRate: Number(metadata.learningRate) };
}

/** Whether a value is the shape of a tree with the three parts of a tried update. */
const isTriedShape = (value: unknown): value is TreeShape =>
  faultOf(value, { parameters: isTreeShape, optimizer: isTreeShape, batches: listOf(isTreeShape) }) === null; // prettier-ignore

const isTreeShape: Kind = (value) =>
  value === null || listOf(isTreeShape)(value) || objectOf(isTreeShape)(value);
