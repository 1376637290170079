import { lineChart } from './lineChart';
import type { Chart, Heading } from './theme';

export interface PassPoint {
  model: string;
  k: number;
  /** share of the problems that at least one of k samples solves */
  passAtK: number;
  low?: number;
  high?: number;
}

/** Draws pass@k over k, with a curve and its band for each model. */
export function passAtK(heading: Heading, points: readonly PassPoint[]): Chart {
  const axes = {
    x: { title: 'k, samples for each problem', format: 'd', log: 2, ticksAtValues: true },
    y: { title: 'pass@k', format: '.0%', domain: [0, 1] as const },
  };
  return lineChart(
    heading,
    axes,
    points.map(({ model, k, passAtK: y, low, high }) => ({ series: model, x: k, y, low, high })),
  );
}
