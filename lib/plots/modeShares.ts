import { percent } from '../core/format';
import {
  colorScale,
  distinct,
  inks,
  paperColor,
  plotWidth,
  styled,
  type Chart,
  type Heading,
} from './theme';

export interface ModeShare {
  /** the name of the bar: a stage or a training step */
  group: string;
  /** how the model answers: direct, short, search */
  mode: string;
  /** the share of the group's completions that answer in this mode, from 0 to 1 */
  share: number;
}

// The text is dark on light bars and white on dark ones.
const inkOnBar = `luminance(scale('color', datum.mode)) > 0.3 ? '${inks.strong.light}' : 'white'`;

/** Draws a stacked bar for each group: the shares of answers that go straight to the result, try once, or search. */
export function modeShares(heading: Heading, shares: readonly ModeShare[]): Chart {
  const groups = distinct(shares.map((row) => row.group));
  const modes = distinct(shares.map((row) => row.mode));
  // The place of each segment is worked out here, so that its label can stand in its middle.
  const values = groups.flatMap((group) => {
    let end = 0;
    return shares
      .filter((row) => row.group === group)
      .map((row) => ({ ...row, start: end, end: (end += row.share), label: labelOf(row.share) }));
  });
  const y = { field: 'group', type: 'nominal', sort: groups, title: null };
  const axis = { format: '.0%', title: 'share of completions', grid: false };
  const bars = {
    mark: { type: 'bar', stroke: paperColor, strokeWidth: 1 },
    encoding: {
      x: { field: 'start', type: 'quantitative', axis, scale: { domain: [0, 1] } },
      x2: { field: 'end' },
      color: { field: 'mode', type: 'nominal', scale: colorScale(modes) },
      tooltip: [
        { field: 'group', type: 'nominal' },
        { field: 'mode', type: 'nominal' },
        { field: 'share', type: 'quantitative', format: '.1%' },
      ],
    },
  };
  const labels = {
    transform: [{ calculate: '(datum.start + datum.end) / 2', as: 'middle' }],
    mark: { type: 'text', color: { expr: inkOnBar }, fontSize: 12 },
    encoding: {
      x: { field: 'middle', type: 'quantitative' },
      text: { field: 'label', type: 'nominal' },
    },
  };
  return {
    spec: styled(heading, {
      width: plotWidth,
      height: { step: 34 },
      data: { values },
      encoding: { y },
      layer: [bars, labels],
    }),
    alt: `${heading.title}. ${groups.map((group) => describe(group, shares)).join(' ')}`,
  };
}

/** Returns the share in percent, or nothing where its segment is too narrow for a label. */
function labelOf(share: number): string {
  return share < 0.06 ? '' : percent(share);
}

function describe(group: string, shares: readonly ModeShare[]): string {
  const own = shares.filter((row) => row.group === group);
  return `${group}: ${own.map((row) => `${row.mode} ${percent(row.share)}`).join(', ')}.`;
}
