/**
 * Runs a tensor function as one TensorFlow graph instead of one op at a time.
 *
 * tfjs-node sends every op through `backend.binding.executeOp` and every constant through `createTensor`. On the
 * first call with new shapes the function runs for real while both are written down; that list is a TensorFlow
 * graph, loaded through the addon's own SavedModel call. Later calls with these shapes are one session run:
 * forward, backward and optimizer with TensorFlow's graph optimiser, and no JavaScript between the ops.
 *
 * 1. Everything that changes between calls has to be an argument. A tensor from outside would be frozen into the
 *    graph, so it is an error unless it is listed in `constants`. JavaScript numbers and branches are frozen.
 * 2. Feeds and fetches are host tensors: on a GPU they cross the bus at each call.
 * 3. A graph holds native memory, so only `maxGraphs` of them are kept, the least recently used one goes first.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { constantNode, opNode, placeholderNode, savedModel } from './graphDef';
import { nodeBackend, tf, type NodeBackend, type OpAttribute } from './tensorflow';
import { flatten, treeShape, unflatten, type TensorTree, type TreeShape } from './tree';

export interface JitOptions {
  /** one graph for every size of the leading dimension (and of any other that only elementwise ops see) */
  freeLeading?: boolean;
  /**
   * compile the graph with XLA, which joins elementwise ops into one pass over memory. It compiles per shape, about a
   * second each, so it pays for training and not where shapes keep changing.
   */
  xla?: boolean;
  /** tensors from outside the function that never change; they become part of the graph */
  constants?: readonly tf.Tensor[];
  /** graphs kept at once, one per set of input shapes; default 8 */
  maxGraphs?: number;
}

/** A function with the signature of the one it was made from. */
export interface Jitted<A extends TensorTree[], R extends TensorTree> {
  (...args: A): R;
  /** frees the native graphs; the next call records anew */
  dispose(): void;
  /** graphs held at the moment */
  readonly graphs: number;
}

interface Graph {
  session: number;
  inputNames: string;
  outputNames: string;
  result: TreeShape;
}

/** `jit(fn)` computes what `fn` computes; on a backend other than TensorFlow it is `fn`, tidied. */
export function jit<A extends TensorTree[], R extends TensorTree>(
  fn: (...args: A) => R,
  options: JitOptions = {},
): Jitted<A, R> {
  const { maxGraphs = 8 } = options;
  const graphs = new Map<string, Graph>();
  const release = (key: string): void => {
    nodeBackend().binding.deleteSavedModel(graphs.get(key)!.session);
    graphs.delete(key);
  };
  const call = (...args: A): R => {
    if (tf.getBackend() !== 'tensorflow') return tf.tidy(() => fn(...args) as never);
    const inputs = flatten(args);
    const key = inputs
      .map((t) => (options.freeLeading ? `${t.dtype}${t.rank}` : `${t.dtype}${t.shape}`))
      .join(';');
    const graph = graphs.get(key);
    if (graph) {
      graphs.delete(key); // back in at the end: the map's order is the order of use
      graphs.set(key, graph);
      return unflatten(graph.result, run(graph, inputs)) as R;
    }
    if (graphs.size >= maxGraphs) release(graphs.keys().next().value!);
    const recorded = record(() => fn(...args), inputs, options);
    graphs.set(key, recorded.graph);
    return recorded.output as R;
  };
  return Object.defineProperty(
    Object.assign(call, { dispose: () => [...graphs.keys()].forEach(release) }),
    'graphs',
    { get: () => graphs.size },
  ) as Jitted<A, R>;
}

function run(graph: Graph, inputs: tf.Tensor[]): tf.Tensor[] {
  const backend = nodeBackend();
  const ids = backend.getInputTensorIds(inputs);
  return backend.binding
    .runSavedModel(graph.session, ids, graph.inputNames, graph.outputNames)
    .map((metadata) => backend.createOutputTensor(metadata));
}

/** Runs the function once and loads what it did as a graph. */
function record(
  fn: () => TensorTree,
  inputs: tf.Tensor[],
  options: JitOptions,
): { graph: Graph; output: TensorTree } {
  const recorder = createRecorder(nodeBackend(), inputs, options);
  const output = tf.tidy(() => {
    const result = recorder.during(() => {
      const tree = fn();
      return unflatten(treeShape(tree), flatten(tree).map(copyOf));
    });
    return result as tf.TensorContainer;
  }) as TensorTree;
  const outputNames = flatten(output).map(recorder.nameOf).join(',');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'r1-graph-'));
  try {
    fs.mkdirSync(path.join(folder, 'variables'));
    fs.writeFileSync(path.join(folder, 'saved_model.pb'), savedModel(recorder.nodes));
    const session = nodeBackend().binding.loadSavedModel(folder, 'serve');
    const inputNames = inputs.map((_, i) => `in${i}:0`).join(',');
    return { graph: { session, inputNames, outputNames, result: treeShape(output) }, output };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** An output of its own: a session refuses to fetch an input, and to fetch one value twice. */
function copyOf(tensor: tf.Tensor): tf.Tensor {
  const type = nodeBackend().binding.TF_ATTR_TYPE;
  const dtype = dtypeCode(tensor);
  return nodeBackend().executeSingleOutput(
    'Identity',
    [{ name: 'T', type, value: dtype }],
    [tensor],
  );
}

function dtypeCode(tensor: tf.Tensor): number {
  const { TF_FLOAT, TF_INT32, TF_BOOL } = nodeBackend().binding;
  const code = { float32: TF_FLOAT, int32: TF_INT32, bool: TF_BOOL }[tensor.dtype as string];
  if (code === undefined) throw new TypeError(`jit takes no ${tensor.dtype} tensors`);
  return code;
}

interface Recorder {
  nodes: Buffer[];
  /** runs the function with the backend's calls written down */
  during<T>(fn: () => T): T;
  /** the graph's name of a tensor */
  nameOf(tensor: tf.Tensor): string;
}

/** A constant is written when it is first used, because its use decides how (see `shapeInput`). */
interface PendingConstant {
  shape: number[];
  dtype: number;
  values: tf.TypedArray;
}

function createRecorder(
  backend: NodeBackend,
  inputs: tf.Tensor[],
  { constants = [], freeLeading = false, xla = false }: JitOptions,
): Recorder {
  const { binding } = backend;
  const nodes: Buffer[] = [];
  const sources = new Map<number, string | PendingConstant>(); // by tensor id
  const known = new Set<object>([...inputs, ...constants].map((t) => t.dataId));
  let count = 0;

  const addConstant = ({ shape, dtype, values }: PendingConstant): string => {
    const name = `c${count++}`;
    const typed =
      dtype === binding.TF_FLOAT
        ? Float32Array.from(values)
        : dtype === binding.TF_INT32
          ? Int32Array.from(values)
          : Uint8Array.from(values);
    nodes.push(constantNode(name, dtype, shape, typed));
    return `${name}:0`;
  };
  const nameOfId = (id: number): string => {
    const source = sources.get(id)!;
    if (typeof source === 'string') return source;
    const name = addConstant(source);
    sources.set(id, name);
    return name;
  };
  const nameOf = (tensor: tf.Tensor): string => nameOfId(backend.getInputTensorIds([tensor])[0]!);

  backend.getInputTensorIds(inputs).forEach((id, i) => {
    const shape = freeLeading ? null : inputs[i]!.shape;
    nodes.push(placeholderNode(`in${i}`, dtypeCode(inputs[i]!), shape));
    sources.set(id, `in${i}:0`);
  });
  constants.forEach((tensor) => {
    const [id] = backend.getInputTensorIds([tensor]);
    const values = tensor.dataSync();
    sources.set(id!, { shape: tensor.shape, dtype: dtypeCode(tensor), values });
  });

  const recording = Object.create(binding, {
    createTensor: {
      value: (shape: number[], dtype: number, values: tf.TypedArray): number => {
        const id = binding.createTensor(shape, dtype, values);
        sources.set(id, { shape, dtype, values });
        return id;
      },
    },
    executeOp: {
      value: (op: string, attributes: OpAttribute[], inputIds: number[], outputCount: number) => {
        const outputs = binding.executeOp(op, attributes, inputIds, outputCount);
        const names = inputIds.map((id, place) => {
          const source = sources.get(id)!;
          const free = freeLeading && typeof source !== 'string' && shapeInput(op, place, source);
          return free ? addConstant(free) : nameOfId(id);
        });
        const name = `n${count++}`;
        nodes.push(opNode(binding, name, op, names, attributes, xla));
        outputs.forEach((output, i) => sources.set(output.id, `${name}:${i}`));
        return outputs;
      },
    },
  }) as typeof binding;

  const during = <T>(fn: () => T): T => {
    const { createOutputTensor, getInputTensorIds, move } = backend;
    backend.binding = recording;
    backend.createOutputTensor = (metadata) => {
      const tensor = createOutputTensor.call(backend, metadata);
      known.add(tensor.dataId);
      return tensor;
    };
    backend.move = (dataId, ...rest) => {
      known.add(dataId);
      move.call(backend, dataId, ...rest);
    };
    backend.getInputTensorIds = (tensors) => {
      for (const t of tensors)
        if (!known.has(t.dataId))
          throw new Error(
            `jit: the function uses a ${t.dtype} tensor [${t.shape}] from outside: ` +
              'pass it as an argument, or list it in constants if it never changes',
          );
      return getInputTensorIds.call(backend, tensors);
    };
    try {
      return fn();
    } finally {
      Object.assign(backend, { binding, createOutputTensor, getInputTensorIds, move });
    }
  };
  return { nodes, during, nameOf };
}

/**
 * With a free leading dimension, the shape arguments of ops may not hold its size: -1 stands in the target shape of
 * a Reshape and for "to the end" in the size of a Slice. Ops that cannot leave it open are refused.
 */
function shapeInput(op: string, place: number, source: PendingConstant): PendingConstant | false {
  const isShape =
    (op === 'Reshape' && place === 1 && source.values.length > 0) ||
    (op === 'Slice' && place === 2);
  if (isShape) return { ...source, values: Int32Array.from(source.values).fill(-1, 0, 1) };
  if ((op === 'Fill' && place === 0) || (['BroadcastTo', 'Tile'].includes(op) && place === 1))
    throw new Error(`jit: ${op} fixes the leading dimension: pass the tensor as an argument`);
  return false;
}
