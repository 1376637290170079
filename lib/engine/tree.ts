import { tf } from './tensorflow';

/** Tensors in nested arrays and plain objects. */
export type TensorTree = tf.Tensor | readonly TensorTree[] | { readonly [key: string]: TensorTree };

/** The shape of a tree with its tensors taken out: `null` stands where a tensor was. */
export type TreeShape = null | readonly TreeShape[] | { readonly [key: string]: TreeShape };

/** Returns the tensors of a tree, in the order of its arrays and of its object keys. */
export function flatten(tree: TensorTree, out: tf.Tensor[] = []): tf.Tensor[] {
  if (tree instanceof tf.Tensor) out.push(tree);
  else if (Array.isArray(tree)) for (const branch of tree) flatten(branch as TensorTree, out);
  else if (typeof tree === 'object' && tree !== null)
    for (const branch of Object.values(tree)) flatten(branch as TensorTree, out);
  else throw new TypeError(`not a tensor: ${String(tree)}: pass numbers as tf.scalar`);
  return out;
}

/** Returns the shape of a tree, from which `unflatten` builds it again. */
export function treeShape(tree: TensorTree): TreeShape {
  if (tree instanceof tf.Tensor) return null;
  if (Array.isArray(tree)) return (tree as readonly TensorTree[]).map(treeShape);
  return Object.fromEntries(Object.entries(tree).map(([key, branch]) => [key, treeShape(branch)]));
}

/** Builds a tree of this shape from tensors, which are taken from the front of the list in the order of `flatten`. */
export function unflatten(shape: TreeShape, tensors: tf.Tensor[]): TensorTree {
  let next = 0;
  const build = (part: TreeShape): TensorTree => {
    if (part === null) return tensors[next++]!;
    if (Array.isArray(part)) return (part as readonly TreeShape[]).map(build);
    return Object.fromEntries(Object.entries(part).map(([key, branch]) => [key, build(branch)]));
  };
  return build(shape);
}

/** Disposes every tensor of the trees. */
export function disposeTree(...trees: TensorTree[]): void {
  for (const tensor of flatten(trees)) tensor.dispose();
}

/**
 * Runs `compute` and returns its tree of tensors; every other tensor that was made on the way is disposed. This is
 * `tf.tidy` for the trees of this project, whose arrays are readonly.
 */
export function tidyTree<Tree extends TensorTree>(compute: () => Tree): Tree {
  return tf.tidy(() => compute() as unknown as tf.TensorContainer) as unknown as Tree;
}
