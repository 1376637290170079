/** The flow of samples through filters, for example those of rejection sampling. */
import { percent, whole } from '../core/format';
import { plotlyFigure } from './plotly';
import { accent, inlineTable, ink, plotWidth, styled } from './theme';
import type { Chart, Heading, PlotlyFigure } from './theme';

/** How many samples came in, how many each filter took out, in the order of the filters, and how many were kept. */
export interface FilterCounts {
  readonly sampled: number;
  readonly removed: Readonly<Record<string, number>>;
  readonly kept: number;
}

/**
 * What became of the samples. In JupyterLab a Sankey diagram: a stream that gets narrower at each filter and can be
 * touched. Elsewhere a bar for each filter and one for what was kept. Filters that took nothing out are left out.
 */
export function filterFlow(heading: Heading, counts: FilterCounts): Chart {
  const { sampled, kept } = counts;
  const taken = Object.entries(counts.removed).filter(([, count]) => count > 0);
  const say = (count: number): string => `${whole(count)} (${percent(count / sampled, 1)})`;
  const rows = [...taken, ['kept', kept] as const].map(([name, count]) => {
    return { name, count, label: say(count), fate: name === 'kept' ? 'kept' : 'taken out' };
  });
  const words = rows.map(({ name, label }) => `${name} ${label}`).join(', ');
  return {
    spec: styled(heading, { data: inlineTable(rows), ...barsOf(rows.map(({ name }) => name)) }),
    plotly: sankey(heading, sampled, taken),
    alt: `${heading.title}. Of ${whole(sampled)} samples: ${words}.`,
  };
}

function barsOf(names: readonly string[]): object {
  return {
    width: plotWidth - 120,
    height: { step: 26 },
    encoding: {
      y: { field: 'name', type: 'nominal', sort: names, title: null },
      x: { field: 'count', type: 'quantitative', title: 'samples', axis: { tickCount: 5 } },
    },
    layer: [
      {
        mark: { type: 'bar' },
        encoding: {
          color: {
            field: 'fate',
            type: 'nominal',
            scale: { domain: ['kept', 'taken out'], range: [accent, ink.line] },
            legend: null,
          },
        },
      },
      {
        mark: { type: 'text', align: 'left', dx: 4, color: ink.strong },
        encoding: { text: { field: 'label', type: 'nominal' } },
      },
    ],
  };
}

/** Labels of smaller shares of all samples would lie across each other; the mouse brings them up. */
const leastLabelled = 0.01;

const labelOf = (name: string, count: number): string => `${name}<br>${whole(count)}`;

const removedColor = '#9aa5b1';
const streamColor = 'rgba(0, 114, 178, 0.35)';
const removedStreamColor = 'rgba(154, 165, 177, 0.35)';

/** A node for what is left before each filter, and one for what each filter takes out of it. */
function sankey(
  heading: Heading,
  sampled: number,
  taken: readonly (readonly [name: string, count: number])[],
): PlotlyFigure {
  const lefts = taken.reduce((left, [, count]) => [...left, left.at(-1)! - count], [sampled]);
  const last = taken.length;
  const stream = lefts.map((left, i) => {
    const about = i === 0 ? 'sampled' : i === last ? 'kept' : `left after ${taken[i - 1]![0]}`;
    const isEnd = i === 0 || i === last; // between them a label would lie across the stream
    return { about, label: isEnd ? labelOf(about, left) : '', color: accent };
  });
  const out = taken.map(([about, count]) => ({
    about,
    label: count / sampled < leastLabelled ? '' : labelOf(about, count),
    color: removedColor,
  }));
  const links = taken.flatMap(([, count], i) => [
    { source: i, target: i + 1, value: lefts[i + 1]!, color: streamColor },
    { source: i, target: stream.length + i, value: count, color: removedStreamColor },
  ]);
  const trace = {
    type: 'sankey',
    valueformat: ',d',
    textfont: { shadow: 'none' },
    node: {
      ...columnsOf([...stream, ...out], ['label', 'color']),
      customdata: [...stream, ...out].map(({ about }) => about),
      hovertemplate: '%{customdata}: %{value}<extra></extra>',
      align: 'left', // every filter's own loss stands right behind it
      pad: 18,
      thickness: 12,
      line: { width: 0 },
    },
    link: {
      ...columnsOf(links, ['source', 'target', 'value', 'color']),
      hovertemplate: '%{source.customdata} → %{target.customdata}: %{value}<extra></extra>',
    },
  };
  return plotlyFigure(heading, [trace], { height: 420 });
}

/** plotly.js wants a list for each field in place of a row for each node. */
const columnsOf = <Key extends string>(
  rows: readonly Readonly<Record<Key, unknown>>[],
  keys: readonly Key[],
): object => Object.fromEntries(keys.map((key) => [key, rows.map((row) => row[key])]));
