/** What has to be true before libtensorflow is loaded. `tensorflow.ts` imports this file first. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { keepCompiledGraphs } from './compiledCache';

// TensorFlow's own log is silent: what it calls an error there is mostly none, and those that are reach us as exceptions.
process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
keepCompiledGraphs();

// Node 23 removed two functions that tfjs-node 4.22 still calls. They are put on the module itself, because an import
// may be a copy of it.
const legacy = process.getBuiltinModule('util') as unknown as Record<string, unknown>;
legacy.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
legacy.isArray ??= Array.isArray;

const addon = path.join(
  path.dirname(require.resolve('@tensorflow/tfjs-node-gpu/package.json')),
  'lib/napi-v8/tfjs_binding.node',
);
if (!fs.existsSync(addon)) throw new UserError('the TensorFlow addon is not built: run npm start');

export {};
