import type { LoraConfig } from './lora';
import type { Model } from './parameters';

/**
 * Returns a model of some blocks of another one: ranges from their first up to their last, without it. It shares their
 * weights. Throws a RangeError for a block that is not there.
 */
export function someLayers<M extends Model>(
  model: M,
  ranges: NonNullable<LoraConfig['layers']>,
): M {
  const { config, parameters } = model;
  const past = ranges.find(([, to]) => to > config.numLayers);
  if (past) throw new RangeError(`no block ${past[1] - 1} in a model of ${config.numLayers}`);
  const layers = ranges.flatMap(([from, to]) => parameters.layers.slice(from, to));
  return {
    ...model,
    config: { ...config, numLayers: layers.length },
    parameters: { ...parameters, layers },
  };
}
