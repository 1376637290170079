/**
 * Loads the addon, multiplies two matrices and prints what it found as one line of JSON. A process of its own, because
 * a library that does not fit the machine may end the process instead of throwing.
 */
/** @type {any} */
const util = require('node:util');
// tfjs 4.22 still calls two functions that Node 23 removed.
util.isNullOrUndefined ??= (/** @type {unknown} */ x) => x === null || x === undefined;
util.isArray ??= Array.isArray;
/** @type {any} */
const tf = require('@tensorflow/tfjs-node-gpu');

const product = tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([5, 6, 7, 8], [2, 2]));
const { binding, isUsingGpuDevice } = tf.backend();
console.log(
  JSON.stringify({
    version: binding.TF_Version,
    gpu: isUsingGpuDevice,
    product: Array.from(product.dataSync()),
  }),
);
