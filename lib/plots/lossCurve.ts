import { lineColor } from './lineColor';
import { distinct, inlineTable, plotWidth, styled, type Chart, type Heading } from './theme';

export interface LossPoint {
  /** the name of the curve, for example 'training' or 'held out' */
  series: string;
  /** tokens read so far */
  tokens: number;
  /** nats per token */
  loss: number;
}

const millions = (tokens: number): string => `${(tokens / 1e6).toFixed(1)} million tokens`;

/** Draws the loss of pre-training over the tokens read. */
export function lossCurve(heading: Heading, points: readonly LossPoint[]): Chart {
  const series = distinct(points.map((point) => point.series));
  const x = {
    field: 'millions',
    type: 'quantitative',
    title: 'tokens read (millions)',
    axis: { tickCount: 6 },
    scale: { zero: true, nice: false },
  };
  const curve = {
    data: inlineTable(
      points.map(({ series, tokens, loss }) => ({ series, millions: tokens / 1e6, loss })),
    ),
    mark: { type: 'line', clip: true },
    encoding: {
      x,
      y: {
        field: 'loss',
        type: 'quantitative',
        title: 'loss (nats per token)',
        scale: { zero: false, padding: 4 },
      },
      color: { ...lineColor('series', series), ...(series.length === 1 && { legend: null }) },
      tooltip: [
        { field: 'series', type: 'nominal' },
        { field: 'millions', type: 'quantitative', format: '.2f' },
        { field: 'loss', type: 'quantitative', format: '.4f' },
      ],
    },
  };
  return {
    spec: styled(heading, { width: plotWidth, height: 260, ...curve }),
    alt: `${heading.title}. ${series.map((name) => describe(name, points)).join(' ')}`,
  };
}

function describe(series: string, points: readonly LossPoint[]): string {
  const own = points.filter((point) => point.series === series);
  const first = own[0]!;
  const last = own.at(-1)!;
  return `${series}: ${first.loss.toFixed(2)} to ${last.loss.toFixed(2)} after ${millions(last.tokens)}.`;
}
