/** The names at the left of a panel, one below the other: of benchmarks, of tasks, of models. */
import { textWidth } from '../textWidth';

/** Returns the room in pixels that the names and a gap to the plot take. */
export const roomOf = (names: readonly string[]): number =>
  Math.max(...names.map((name) => textWidth(name, 11))) + 14;

/** Returns the vertical axis that has the names of `field` in this order and is `axisRoom` pixels wide. */
export const namesAxis = (
  field: string,
  names: readonly string[],
  axisRoom: number,
  axis: object,
): object => ({
  field,
  type: 'nominal',
  scale: { domain: names },
  title: null,
  axis: { ...axis, minExtent: axisRoom, maxExtent: axisRoom },
});
