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
 * Draws what became of the samples. JupyterLab shows a Sankey diagram: a stream that gets narrower at each filter, and
 * says its numbers under the mouse. The picture has a bar for each filter and one for what was kept. A filter that took
 * nothing out is not drawn.
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

/**
 * The least share of all samples whose label is written: smaller ones would lie across each other, and show under the
 * mouse.
 */
const leastLabelled = 0.01;

const labelOf = (name: string, count: number): string => `${name}<br>${whole(count)}`;

const removedColor = '#9aa5b1';
const streamColor = 'rgba(0, 114, 178, 0.35)';
const removedStreamColor = 'rgba(154, 165, 177, 0.35)';

/** The diagram has a node for the samples that reach each filter, and one for those that the filter takes out. */
function sankey(
  heading: Heading,
  sampled: number,
  taken: readonly (readonly [name: string, count: number])[],
): PlotlyFigure {
  const lefts = taken.reduce((left, [, count]) => [...left, left.at(-1)! - count], [sampled]);
  const last = taken.length;
  const stream = lefts.map((left, i) => {
    const about = i === 0 ? 'sampled' : i === last ? 'kept' : `left after ${taken[i - 1]![0]}`;
    const isEnd = i === 0 || i === last; // the label of a node between them would lie across the stream
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
      align: 'left', // what a filter takes out stands right behind that filter
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

/** Turns rows into a list for each of their fields, which is the form that plotly.js takes. */
const columnsOf = <Key extends string>(
  rows: readonly Readonly<Record<Key, unknown>>[],
  keys: readonly Key[],
): object => Object.fromEntries(keys.map((key) => [key, rows.map((row) => row[key])]));
