/** What lies below curves: an area from `low` to `high` where rows have both. `y` encodes a field of theirs. */
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
