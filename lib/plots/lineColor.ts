import { colorScale } from './theme';

/** The legend of a chart of lines has short strokes in full colour, also where a pale band belongs to a line. */
export const lineLegend = { symbolType: 'stroke', symbolSize: 250, symbolStrokeWidth: 3 } as const;

/** Returns the encoding that gives each line its colour: `field` has the names of the lines. */
export const lineColor = (field: string, names: readonly string[]): object => ({
  field,
  type: 'nominal',
  scale: colorScale(names),
  legend: lineLegend,
});
