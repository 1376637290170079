/**
 * Returns the layer of a chart that lies below its curves: an area from `low` to `high`, where a row has both. `y`
 * gives the encoding of a field along the vertical axis. No layer is returned where no row has an interval.
 */
export function bands(
  rows: readonly { readonly low?: number | null }[],
  y: (field: string) => object,
): object[] {
  if (!rows.some(({ low }) => typeof low === 'number')) return [];
  return [
    {
      transform: [{ filter: 'isValid(datum.low)' }],
      mark: { type: 'area', opacity: 0.18 },
      encoding: { y: y('low'), y2: { field: 'high' } },
    },
  ];
}
