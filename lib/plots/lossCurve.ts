import {
  colorScale,
  distinct,
  inlineTable,
  ink,
  lineLegend,
  plotWidth,
  styled,
  type Chart,
  type Heading,
} from './theme';

export interface LossPoint {
  /** the name of the curve, for example 'training' or 'held out' */
  series: string;
  /** tokens read so far */
  tokens: number;
  /** nats per token */
  loss: number;
}

/** A moment of the run that is marked, for example the one at which the model passed the gate before RL. */
export interface Gate {
  tokens: number;
  label: string;
}

const millions = (tokens: number): string => `${(tokens / 1e6).toFixed(1)} million tokens`;

/** Draws the loss of pre-training over the tokens read, with marks where a gate was passed. */
export function lossCurve(
  heading: Heading,
  points: readonly LossPoint[],
  gates: readonly Gate[] = [],
): Chart {
  const series = distinct(points.map((point) => point.series));
  const x = {
    field: 'millions',
    type: 'quantitative',
    title: 'tokens read (millions)',
    axis: { tickCount: 6 },
    scale: { zero: true, nice: false },
  };
  const curves = {
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
      color: {
        field: 'series',
        type: 'nominal',
        scale: colorScale(series),
        legend: series.length > 1 ? lineLegend : null,
      },
      tooltip: [
        { field: 'series', type: 'nominal' },
        { field: 'millions', type: 'quantitative', format: '.2f' },
        { field: 'loss', type: 'quantitative', format: '.4f' },
      ],
    },
  };
  return {
    spec: styled(heading, {
      width: plotWidth,
      height: 260,
      layer: [curves, ...gateMarks(gates)],
    }),
    alt: `${heading.title}. ${series.map((name) => describe(name, points)).join(' ')}`,
  };
}

function gateMarks(gates: readonly Gate[]): object[] {
  if (gates.length === 0) return [];
  const data = { values: gates.map((gate) => ({ ...gate, millions: gate.tokens / 1e6 })) };
  const x = { field: 'millions', type: 'quantitative' };
  return [
    {
      data,
      mark: { type: 'rule', strokeDash: [4, 3], color: ink.normal, opacity: 0.8 },
      encoding: { x },
    },
    {
      data,
      mark: { type: 'text', align: 'right', baseline: 'top', dx: -6, dy: 2, color: ink.normal },
      encoding: { x, y: { value: 0 }, text: { field: 'label', type: 'nominal' } },
    },
  ];
}

function describe(series: string, points: readonly LossPoint[]): string {
  const own = points.filter((point) => point.series === series);
  const first = own[0]!;
  const last = own.at(-1)!;
  return `${series}: ${first.loss.toFixed(2)} to ${last.loss.toFixed(2)} after ${millions(last.tokens)}.`;
}
