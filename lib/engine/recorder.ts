/** Writes down what a tensor function does: the raw TensorFlow ops of one run, as the nodes of a graph. */
import { constantNode, opNode, placeholderNode } from './graphDef';
import { nodeBackend, tf, type Binding, type NodeBackend } from './tensorflow';

/** Whether a function is being recorded: a jitted function that it calls becomes part of its graph. */
export const state = { isRecording: false };

/** The options that decide how the graph is written. `JitOptions` explains each. */
export interface RecorderOptions {
  freeLeading?: boolean;
  xla?: boolean;
  constants?: readonly tf.Tensor[];
}

/** Returns TensorFlow's number for the type of a tensor. */
export function dtypeCode(tensor: tf.Tensor): number {
  const { TF_FLOAT, TF_INT32, TF_BOOL } = nodeBackend().binding;
  const code = { float32: TF_FLOAT, int32: TF_INT32, bool: TF_BOOL }[tensor.dtype as string];
  if (code === undefined) throw new TypeError(`jit takes no ${tensor.dtype} tensors`);
  return code;
}

export interface Recorder {
  nodes: Buffer[];
  /** runs the function and writes down what it asks of the backend */
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

/** The graph as far as it is written. Tensors are known by tfjs-node's ids. */
interface Recording {
  readonly backend: NodeBackend;
  readonly nodes: Buffer[];
  /** where a tensor comes from: the output of a node, or a constant that is not written yet */
  readonly sources: Map<number, string | PendingConstant>;
  readonly dtypes: Map<number, number>;
  /** nodes named so far */
  count: number;
}

/** Records what functions of these inputs do; the inputs become the placeholders `in0`, `in1` and so on. */
export function createRecorder(
  backend: NodeBackend,
  inputs: tf.Tensor[],
  options: RecorderOptions,
): Recorder {
  const { constants = [], freeLeading = false } = options;
  const nodes: Buffer[] = [];
  const recording: Recording = {
    backend,
    nodes,
    sources: new Map(),
    dtypes: new Map(),
    count: 0,
  };
  backend.getInputTensorIds(inputs).forEach((id, i) => {
    const shape = freeLeading ? null : inputs[i]!.shape;
    const dtype = dtypeCode(inputs[i]!);
    nodes.push(placeholderNode(`in${i}`, dtype, shape));
    note(recording, { id, dtype }, `in${i}:0`);
  });
  constants.forEach((tensor) => {
    const [id] = backend.getInputTensorIds([tensor]) as [number];
    const dtype = dtypeCode(tensor);
    note(recording, { id, dtype }, { shape: tensor.shape, dtype, values: tensor.dataSync() });
  });
  const known = new Set<object>([...inputs, ...constants].map((t) => t.dataId));
  const binding = writingBinding(recording, options);
  return {
    nodes,
    during: (fn) => intercepted(backend, binding, known, fn),
    nameOf: (tensor) => nameOfId(recording, backend.getInputTensorIds([tensor])[0]!),
  };
}

/** Remembers where a tensor comes from. */
function note(
  { sources, dtypes }: Recording,
  { id, dtype }: { id: number; dtype: number },
  source: string | PendingConstant,
): void {
  sources.set(id, source);
  dtypes.set(id, dtype);
}

/** Writes a constant and returns the graph's name of it. */
function addConstant(recording: Recording, { shape, dtype, values }: PendingConstant): string {
  const { TF_FLOAT, TF_INT32 } = recording.backend.binding;
  const name = `c${recording.count++}`;
  const typed =
    dtype === TF_FLOAT
      ? Float32Array.from(values)
      : dtype === TF_INT32
        ? Int32Array.from(values)
        : Uint8Array.from(values);
  recording.nodes.push(constantNode(name, dtype, shape, typed));
  return `${name}:0`;
}

/** Returns the graph's name of a tensor. A constant that is not written yet is written now. */
function nameOfId(recording: Recording, id: number): string {
  const source = recording.sources.get(id)!;
  if (typeof source === 'string') return source;
  const name = addConstant(recording, source);
  recording.sources.set(id, name);
  return name;
}

/** Returns a binding that does what the backend's own does and writes down each constant and each op. */
function writingBinding(
  recording: Recording,
  { freeLeading = false, xla = false }: RecorderOptions,
): Binding {
  const { nodes, sources, dtypes } = recording;
  const { binding } = recording.backend;
  const createTensor: Binding['createTensor'] = (shape, dtype, values) => {
    const id = binding.createTensor(shape, dtype, values);
    note(recording, { id, dtype }, { shape, dtype, values });
    return id;
  };
  const executeOp: Binding['executeOp'] = (op, attributes, inputIds, outputCount) => {
    const outputs = binding.executeOp(op, attributes, inputIds, outputCount);
    const inputs = inputIds.map((id, place) => {
      const source = sources.get(id)!;
      const free = freeLeading && typeof source !== 'string' && shapeInput(op, place, source);
      return free ? addConstant(recording, free) : nameOfId(recording, id);
    });
    const name = `n${recording.count++}`;
    const dtype = dtypes.get(inputIds[0]!);
    nodes.push(opNode(binding, { name, op, inputs, attributes, dtype, xla }));
    outputs.forEach((output, i) => note(recording, output, `${name}:${i}`));
    return outputs;
  };
  return Object.create(binding, {
    createTensor: { value: createTensor },
    executeOp: { value: executeOp },
  }) as Binding;
}

/**
 * Runs `fn` with the backend's binding replaced. Tensors that are made meanwhile become known; the use of any other
 * that is not known yet is an error.
 */
function intercepted<T>(
  backend: NodeBackend,
  writingBinding: Binding,
  known: Set<object>,
  fn: () => T,
): T {
  const { binding, createOutputTensor, getInputTensorIds, move } = backend;
  state.isRecording = true;
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
    state.isRecording = false;
    Object.assign(backend, { binding, createOutputTensor, getInputTensorIds, move });
  }
}

/**
 * Ops that take a shape or a size and cannot leave its leading dimension open; the number is the place of that input.
 */
const fixedShape: Record<string, number> = { Fill: 0, Tile: 1, Slice: 2 };

/**
 * Returns the constant to write as input `place` of `op` so that the graph serves every size of the leading dimension:
 * in the target shape of a Reshape, -1 takes the place of that size. Returns false where the constant can stay as it
 * is. Throws for an op that cannot leave the size open.
 */
function shapeInput(op: string, place: number, source: PendingConstant): PendingConstant | false {
  if (op === 'Reshape' && place === 1 && source.values.length > 0)
    return { ...source, values: Int32Array.from(source.values).fill(-1, 0, 1) };
  if (fixedShape[op] === place)
    throw new Error(`jit: ${op} fixes the leading dimension: pass the tensor as an argument`);
  return false;
}
