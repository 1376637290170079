/** Writes down what a tensor function does: the raw TensorFlow ops of one run, as the nodes of a graph. */
import { constantNode, opNode, placeholderNode } from './graphDef';
import { nodeBackend, tf, type Binding, type NodeBackend, type OpAttribute } from './tensorflow';

/** Whether a function is being recorded: a jitted function that it calls becomes part of its graph. */
export const state = { isRecording: false };

/** What decides how the graph is written; `JitOptions` explains each. */
export interface RecorderOptions {
  freeLeading?: boolean;
  xla?: boolean;
  constants?: readonly tf.Tensor[];
}

/** TensorFlow's number for the type of a tensor. */
export function dtypeCode(tensor: tf.Tensor): number {
  const { TF_FLOAT, TF_INT32, TF_BOOL } = nodeBackend().binding;
  const code = { float32: TF_FLOAT, int32: TF_INT32, bool: TF_BOOL }[tensor.dtype as string];
  if (code === undefined) throw new TypeError(`jit takes no ${tensor.dtype} tensors`);
  return code;
}

export interface Recorder {
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

export function createRecorder(
  backend: NodeBackend,
  inputs: tf.Tensor[],
  { constants = [], freeLeading = false, xla = false }: RecorderOptions,
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
  }) as Binding;

  const during = <T>(fn: () => T): T => intercepted(backend, writingBinding, known, fn);
  return { nodes, during, nameOf };
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
