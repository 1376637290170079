import {
  colorScale,
  distinct,
  inlineTable,
  lineLegend,
  plotWidth,
  styled,
  type Chart,
  type Heading,
} from './theme';

export interface PassPoint {
  model: string;
  k: number;
  /** share of the problems that at least one of k samples solves */
  passAtK: number;
  low?: number;
  high?: number;
}

/** pass@k over k, a curve with its band for each model. */
export function passAtK(heading: Heading, points: readonly PassPoint[]): Chart {
  const models = distinct(points.map((point) => point.model));
  const ks = distinct(points.map((point) => point.k)).sort((a, b) => a - b);
  const share = (field: string): object => ({
    field,
    type: 'quantitative',
    title: 'pass@k',
    axis: { format: '.0%' },
    scale: { domain: [0, 1] },
  });
  const band = {
    transform: [{ filter: 'isValid(datum.low)' }],
    mark: { type: 'area', opacity: 0.18 },
    encoding: { y: share('low'), y2: { field: 'high' } },
  };
  const curve = {
    mark: { type: 'line', point: { size: 40 } },
    encoding: {
      y: share('passAtK'),
      tooltip: [
        { field: 'model', type: 'nominal' },
        { field: 'k', type: 'quantitative' },
        { field: 'passAtK', type: 'quantitative', format: '.1%' },
      ],
    },
  };
  return {
    spec: styled(heading, {
      width: plotWidth,
      height: 280,
      data: inlineTable(points),
      encoding: {
        x: {
          field: 'k',
          type: 'quantitative',
          title: 'k, samples for each problem',
          scale: { type: 'log', base: 2, nice: false },
          axis: { values: ks, format: 'd' },
        },
        color: { field: 'model', type: 'nominal', scale: colorScale(models), legend: lineLegend },
      },
      layer: points.some((point) => point.low !== undefined) ? [band, curve] : [curve],
    }),
    alt: `${heading.title}. ${models.map((model) => describe(model, points)).join(' ')}`,
  };
}

function describe(model: string, points: readonly PassPoint[]): string {
  const own = points.filter((point) => point.model === model);
  const ends = [own[0]!, own.at(-1)!].map(
    (point) => `pass@${point.k} ${Math.round(point.passAtK * 100)}%`,
  );
  return `${model}: ${ends.join(', ')}.`;
}
