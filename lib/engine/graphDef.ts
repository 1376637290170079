/**
 * The few protocol-buffer messages that make a TensorFlow graph loadable: AttrValue, NodeDef, GraphDef, and the
 * SavedModel around them (field numbers from tensorflow/core/framework/*.proto). They are written by hand because a
 * general encoder would be larger than this file.
 */
import type { OpAttribute, Binding } from './tensorflow';

/** A version of the graph format that TensorFlow 2.21 accepts. */
const graphProducerVersion = 1882;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value)); // negative numbers are ten bytes, as the format asks
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest ? low | 128 : low);
  } while (rest);
  return Buffer.from(bytes);
}

const integer = (field: number, value: number): Buffer =>
  Buffer.concat([varint(field << 3), varint(value)]);

function float(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([varint((field << 3) | 5), bytes]);
}

/** A length-delimited field: a string, bytes, or a message inside this one. */
function nested(field: number, content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content as Uint8Array);
  return Buffer.concat([varint((field << 3) | 2), varint(bytes.length), bytes]);
}

const shapeMessage = (shape: readonly number[]): Buffer =>
  Buffer.concat(shape.map((size) => nested(2, integer(1, size))));

const attribute = (name: string, value: Buffer): Buffer =>
  nested(5, Buffer.concat([nested(1, name), nested(2, value)]));

const typeAttribute = (name: string, dtype: number): Buffer => attribute(name, integer(6, dtype));

function node(name: string, op: string, inputs: readonly string[], attributes: Buffer[]): Buffer {
  return nested(
    1,
    Buffer.concat([
      nested(1, name),
      nested(2, op),
      ...inputs.map((input) => nested(3, input)),
      ...attributes,
    ]),
  );
}

/** Returns the node of an input. A `shape` of null allows any rank and size. */
export function placeholderNode(
  name: string,
  dtype: number,
  shape: readonly number[] | null,
): Buffer {
  const shapeValue = nested(7, shape ? shapeMessage(shape) : integer(3, 1));
  return node(
    name,
    'Placeholder',
    [],
    [typeAttribute('dtype', dtype), attribute('shape', shapeValue)],
  );
}

/** Returns the node of a constant. If all its values are equal, only one is written, so zeros take a few bytes. */
export function constantNode(
  name: string,
  dtype: number,
  shape: readonly number[],
  values: Float32Array | Int32Array | Uint8Array,
): Buffer {
  const same = values.length > 1 && values.every((value) => Object.is(value, values[0]));
  const stored = same ? values.subarray(0, 1) : values;
  const bytes = new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
  const content = same ? repeatedValue(stored) : nested(4, bytes);
  const tensor = Buffer.concat([integer(1, dtype), nested(2, shapeMessage(shape)), content]);
  return node(
    name,
    'Const',
    [],
    [typeAttribute('dtype', dtype), attribute('value', nested(8, tensor))],
  );
}

/** Encodes one value in the field of TensorProto whose last value TensorFlow repeats until the shape is full. */
function repeatedValue(values: Float32Array | Int32Array | Uint8Array): Buffer {
  if (values instanceof Float32Array) return float(5, values[0]!);
  if (values instanceof Int32Array) return integer(7, values[0]!);
  return integer(11, values[0]!);
}

/** Attributes that TensorFlow works out by itself when it runs a single op, and that a graph has to spell out. */
const inferredAttributes: Record<string, (binding: Binding, dtype: number) => Buffer[]> = {
  ExpandDims: (b, dtype) => [typeAttribute('T', dtype), typeAttribute('Tdim', b.TF_INT32)],
};

/** An op as tfjs gives it to `executeOp`, with the graph's names for the op itself and for its inputs. */
export interface Op {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly attributes: readonly OpAttribute[];
  /** TensorFlow's number for the type of the first input; undefined for an op without inputs */
  readonly dtype: number | undefined;
  /** asks TensorFlow to compile the op together with its neighbours */
  readonly xla: boolean;
}

/** Returns the node of one op. */
export function opNode(binding: Binding, { name, op, inputs, attributes, dtype, xla }: Op): Buffer {
  const encoded = attributes
    .filter((a) => a.name !== 'device')
    .map((a) => attribute(a.name, attributeValue(binding, op, a)));
  const inferred = inferredAttributes[op]?.(binding, dtype!) ?? [];
  return node(name, op, inputs, [
    ...encoded,
    ...inferred,
    ...(xla ? [attribute('_XlaCompile', integer(5, 1))] : []),
  ]);
}

function attributeValue(binding: Binding, op: string, { name, type, value }: OpAttribute): Buffer {
  if (type === binding.TF_ATTR_STRING) return nested(2, value as string);
  if (type === binding.TF_ATTR_INT)
    return Array.isArray(value)
      ? nested(1, Buffer.concat(value.map((v: number) => integer(3, v))))
      : integer(3, value as number);
  if (type === binding.TF_ATTR_FLOAT) return float(4, value as number);
  if (type === binding.TF_ATTR_BOOL) return integer(5, value ? 1 : 0);
  if (type === binding.TF_ATTR_TYPE) return integer(6, value as number);
  throw new Error(`jit cannot write attribute ${name} of ${op} (type ${type})`);
}

/** Returns the bytes of a SavedModel with one graph under the tag `serve`. */
export function savedModel(nodes: readonly Buffer[]): Buffer {
  const graph = Buffer.concat([...nodes, nested(4, integer(1, graphProducerVersion))]);
  const metaGraph = Buffer.concat([nested(1, nested(4, 'serve')), nested(2, graph)]);
  return Buffer.concat([integer(1, 1), nested(2, metaGraph)]);
}
