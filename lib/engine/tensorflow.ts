import './environment'; // This comes first: it prepares what the next line loads.
import * as tf from '@tensorflow/tfjs-node-gpu';
import * as os from 'node:os';

export { tf };

/** What the engine runs on, as the bench reports it. */
export interface EngineReport {
  backend: string;
  tensorflow: string;
  device: 'CPU' | 'GPU';
  cpu: string;
  threads: number;
  node: string;
}

/** Waits until the backend is ready and says what it is. */
export async function startEngine(): Promise<EngineReport> {
  await tf.ready();
  const { binding, isUsingGpuDevice } = nodeBackend();
  return {
    backend: tf.getBackend(),
    tensorflow: binding.TF_Version,
    device: isUsingGpuDevice ? 'GPU' : 'CPU',
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    threads: os.availableParallelism(),
    node: process.versions.node,
  };
}

/** One attribute of a TensorFlow op as tfjs-node writes it. */
export interface OpAttribute {
  name: string;
  type: number;
  value: unknown;
}

/** The description that the native addon gives of a tensor that it made. */
export interface TensorMetadata {
  id: number;
  shape: number[];
  dtype: number;
}

/** The native addon: the part of it that `jit` uses. Tensors are int32 ids here. */
export interface Binding {
  readonly TF_Version: string;
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_BOOL: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  createTensor(shape: number[], dtype: number, values: tf.TypedArray): number;
  executeOp(
    name: string,
    attributes: OpAttribute[],
    inputs: number[],
    outputs: number,
  ): TensorMetadata[];
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(id: number): void;
  runSavedModel(
    id: number,
    inputs: number[],
    inputNames: string,
    outputNames: string,
  ): TensorMetadata[];
}

/** The inside of tfjs-node's backend that `jit` uses. */
export interface NodeBackend {
  binding: Binding;
  readonly isUsingGpuDevice: boolean;
  createOutputTensor(metadata: TensorMetadata): tf.Tensor;
  getInputTensorIds(tensors: tf.Tensor[]): number[];
  write(values: unknown, shape: number[], dtype: string): object;
  move(dataId: object, ...rest: unknown[]): void;
  executeSingleOutput(name: string, attributes: OpAttribute[], inputs: tf.Tensor[]): tf.Tensor;
  executeMultipleOutputs(
    name: string,
    attributes: OpAttribute[],
    inputs: tf.Tensor[],
    outputs: number,
  ): tf.Tensor[];
}

/** Returns the TensorFlow backend of tfjs-node. */
export function nodeBackend(): NodeBackend {
  return tf.backend() as unknown as NodeBackend;
}
