/**
 * Runs a tensor function as one TensorFlow graph instead of one op at a time.
 *
 * tfjs-node sends every op through `backend.binding.executeOp` and every constant through `createTensor`. On the
 * first call with new shapes the function runs for real while both are written down; that list is a TensorFlow
 * graph, loaded through the addon's own SavedModel call. Every call is one run of the graph: forward, backward and
 * optimizer with TensorFlow's graph optimiser, and no JavaScript between the ops.
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

/** Whether a function is being recorded: a jitted function that it calls becomes part of its graph. */
let recording = false;

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
    if (recording || tf.getBackend() !== 'tensorflow') return tf.tidy(() => fn(...args) as never);
    const inputs = flatten(args);
    const sizes = inputs.map((t) => `${t.dtype}${options.freeLeading ? t.rank : t.shape}`);
    const key = JSON.stringify([treeShape(args), sizes]); // {a, b} and {b, a} are two graphs
    let graph = graphs.get(key);
    if (graph) graphs.delete(key);
    else {
      if (graphs.size >= maxGraphs) release(graphs.keys().next().value!);
      graph = record(() => fn(...args), inputs, options);
    }
    graphs.set(key, graph); // at the end: the map's order is the order of use
    return unflatten(graph.result, run(graph, inputs)) as R;
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

/**
 * Runs the function once and loads what it did as a graph. Its results are thrown away: op by op they differ from the
 * graph's in the last digit, and a run that was interrupted records anew where an uninterrupted one runs the graph.
 */
function record(fn: () => TensorTree, inputs: tf.Tensor[], options: JitOptions): Graph {
  const recorder = createRecorder(nodeBackend(), inputs, options);
  let outputNames = '';
  let result: TreeShape = null;
  tf.tidy(() => {
    const outputs = recorder.during(() => {
      const tree = fn();
      result = treeShape(tree);
      return flatten(tree).map(copyOf);
    });
    outputNames = outputs.map(recorder.nameOf).join();
  });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'r1-graph-'));
  try {
    fs.mkdirSync(path.join(folder, 'variables'));
    fs.writeFileSync(path.join(folder, 'saved_model.pb'), savedModel(recorder.nodes));
    const session = nodeBackend().binding.loadSavedModel(folder, 'serve');
    const inputNames = inputs.map((_, i) => `in${i}:0`).join();
    return { session, inputNames, outputNames, result };
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
  const dtypes = new Map<number, number>(); // by tensor id
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
    const dtype = dtypeCode(inputs[i]!);
    nodes.push(placeholderNode(`in${i}`, dtype, shape));
    sources.set(id, `in${i}:0`);
    dtypes.set(id, dtype);
  });
  constants.forEach((tensor) => {
    const [id] = backend.getInputTensorIds([tensor]) as [number];
    const dtype = dtypeCode(tensor);
    sources.set(id, { shape: tensor.shape, dtype, values: tensor.dataSync() });
    dtypes.set(id, dtype);
  });

  const writingBinding = Object.create(binding, {
    createTensor: {
      value: (shape: number[], dtype: number, values: tf.TypedArray): number => {
        const id = binding.createTensor(shape, dtype, values);
        sources.set(id, { shape, dtype, values });
        dtypes.set(id, dtype);
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
        const dtype = dtypes.get(inputIds[0]!);
        nodes.push(opNode(binding, name, op, names, attributes, dtype, xla));
        outputs.forEach((output, i) => {
          sources.set(output.id, `${name}:${i}`);
          dtypes.set(output.id, output.dtype);
        });
        return outputs;
      },
    },
  }) as typeof binding;

  const during = <T>(fn: () => T): T => {
    const { createOutputTensor, getInputTensorIds, move } = backend;
    recording = true;
    backend.binding = writingBinding;
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
      recording = false;
      Object.assign(backend, { binding, createOutputTensor, getInputTensorIds, move });
    }
  };
  return { nodes, during, nameOf };
}

/** Ops whose shape argument cannot leave the leading dimension open, with its place. */
const fixedShape: Record<string, number> = { Fill: 0, Tile: 1, Slice: 2 };

/**
 * With a free leading dimension, the shape arguments of ops may not hold its size: -1 stands for it in the target
 * shape of a Reshape. Ops that cannot leave it open are refused.
 */
function shapeInput(op: string, place: number, source: PendingConstant): PendingConstant | false {
  if (op === 'Reshape' && place === 1 && source.values.length > 0)
    return { ...source, values: Int32Array.from(source.values).fill(-1, 0, 1) };
  if (fixedShape[op] === place)
    throw new Error(`jit: ${op} fixes the leading dimension: pass the tensor as an argument`);
  return false;
}
