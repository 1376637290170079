/**
 * Runs a tensor function as one TensorFlow graph instead of one op at a time.
 *
 * tfjs-node sends every op through `backend.binding.executeOp` and every constant through `createTensor`. On the first
 * call with new shapes the function runs for real while both are written down; that list is a TensorFlow graph, loaded
 * through the addon's own SavedModel call. From then on a call is one run of the graph: TensorFlow optimises forward
 * pass, backward pass and optimizer as a whole, and no JavaScript runs between the ops.
 *
 * 1. Everything that changes between calls has to be an argument. A tensor from outside would be frozen into the
 *    graph, so it is an error unless it is listed in `constants`. JavaScript numbers and branches are frozen.
 * 2. Feeds and fetches are host tensors: on a GPU they cross the bus at each call.
 * 3. A graph holds native memory, so only `maxGraphs` of them are kept. The least recently used one goes first.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { onDisk } from '../core/files';
import { withCompiledGraphs } from './compiledCache';
import { savedModel } from './graphDef';
import { createRecorder, dtypeCode, state, type RecorderOptions } from './recorder';
import { nodeBackend, tf } from './tensorflow';
import { flatten, treeShape, unflatten, type TensorTree, type TreeShape } from './tree';

export interface JitOptions extends RecorderOptions {
  /** whether one graph serves every size of the leading dimension, and of others that only elementwise ops see */
  freeLeading?: boolean;
  /**
   * compile the graph with XLA, which joins elementwise ops into one pass over memory. It compiles per shape, about a
   * second each, so it pays for training and not where shapes keep changing.
   */
  xla?: boolean;
  /** tensors from outside the function that never change; they become part of the graph */
  constants?: readonly tf.Tensor[];
  /** how many graphs are kept at once, one for each set of input shapes; default 8 */
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

/** Returns a function that computes what `fn` computes. On a backend other than TensorFlow it calls `fn` itself. */
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
    if (state.isRecording || tf.getBackend() !== 'tensorflow')
      return tf.tidy(() => fn(...args) as never);
    const inputs = flatten(args);
    const sizes = inputs.map((t) => `${t.dtype}${options.freeLeading ? t.rank : t.shape}`);
    const key = JSON.stringify([treeShape(args), sizes]); // arguments {a, b} and {b, a} have graphs of their own
    const graphOf = (): Graph => {
      let graph = graphs.get(key);
      if (graph) graphs.delete(key);
      else {
        if (graphs.size >= maxGraphs) release(graphs.keys().next().value!);
        graph = record(() => fn(...args), inputs, options);
      }
      graphs.set(key, graph); // The graph moves to the end: the order of the map is the order of use.
      return graph;
    };
    const outputs = withCompiledGraphs(
      () => run(graphOf(), inputs),
      () => {
        release(key);
        return run(graphOf(), inputs);
      },
    );
    return unflatten(graphs.get(key)!.result, outputs) as R;
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
 * Runs the function once and loads what it did as a graph. The results of this run are thrown away, because they
 * differ from the graph's in the last digit: a training run that was interrupted records its graph again, and must
 * compute what an uninterrupted one computes.
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
  const start = path.join(os.tmpdir(), 'r1-graph-');
  const folder = onDisk('write', os.tmpdir(), () => fs.mkdtempSync(start));
  const file = path.join(folder, 'saved_model.pb');
  try {
    onDisk('write', file, () => {
      fs.mkdirSync(path.join(folder, 'variables'));
      fs.writeFileSync(file, savedModel(recorder.nodes));
    });
    const session = nodeBackend().binding.loadSavedModel(folder, 'serve');
    const inputNames = inputs.map((_, i) => `in${i}:0`).join();
    return { session, inputNames, outputNames, result };
  } finally {
    onDisk('remove', folder, () => fs.rmSync(folder, { recursive: true, force: true }));
  }
}

/** Returns a copy. A session refuses to fetch one of its inputs, and to fetch one value twice. */
function copyOf(tensor: tf.Tensor): tf.Tensor {
  const type = nodeBackend().binding.TF_ATTR_TYPE;
  const dtype = dtypeCode(tensor);
  return nodeBackend().executeSingleOutput(
    'Identity',
    [{ name: 'T', type, value: dtype }],
    [tensor],
  );
}
