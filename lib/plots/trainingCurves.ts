import { bands } from './bands';
import { lineColor } from './lineColor';
import { distinct, inlineTable, plotWidth, styled, type Chart, type Heading } from './theme';
import { written } from './written';

export interface StepPoint {
  step: number;
  /** the name of the curve: a task, or a run */
  task: string;
  value: number;
  /** ends of the 95 % interval, where there is one */
  low?: number;
  high?: number;
}

/** One small plot of a quantity over the steps, with a curve for each task. */
export interface StepPanel {
  title: string;
  points: readonly StepPoint[];
  /** d3's notation for the numbers, for example '.0%' for shares */
  format?: string;
}

/** The most points of all panels together: the saved notebook carries every one of them. */
const maxPoints = 1000;

/**
 * Draws small multiples over the training steps, for example accuracy, length, waits and entropy. The axis of steps
 * ends at `lastStep`; a chart of a run that is still training gives the last step of its plan, so that the axis stays.
 */
export function trainingCurves(
  heading: Heading,
  panels: readonly StepPanel[],
  lastStep = Math.max(...panels.flatMap(({ points }) => points.map(({ step }) => step))),
): Chart {
  const tasks = distinct(panels.flatMap((panel) => panel.points.map((point) => point.task)));
  const thin = (points: readonly StepPoint[]): StepPoint[] =>
    thinSteps(points, maxPoints / panels.length);
  return {
    spec: styled(heading, {
      columns: 2,
      bounds: 'flush',
      spacing: { row: 84, column: 56 },
      concat: panels.map((panel) => drawPanel(panel, thin(panel.points), tasks, lastStep)),
    }),
    alt: `${heading.title}. ${panels.map(describe).join(' ')}`,
  };
}

/**
 * Leaves out steps at equal distances until no more than `max` points and the last step remain. The first step stays
 * too.
 */
export function thinSteps(points: readonly StepPoint[], max: number): StepPoint[] {
  const steps = distinct(points.map((point) => point.step)).sort((a, b) => a - b);
  const every = Math.ceil(points.length / max);
  const kept = new Set(steps.filter((_, i) => i % every === 0));
  kept.add(steps.at(-1)!);
  return every === 1 ? [...points] : points.filter((point) => kept.has(point.step));
}

function drawPanel(
  { title, format }: StepPanel,
  points: readonly StepPoint[],
  tasks: readonly string[],
  lastStep: number,
): object {
  const axis = { tickCount: 4, ...(format && { format }) };
  const scale = { nice: 4 };
  const x = {
    field: 'step',
    type: 'quantitative',
    title: 'step',
    scale: { domain: [0, Math.max(1, lastStep)] },
  };
  const y = (field: string): object => ({ field, type: 'quantitative', title: null, axis, scale });
  const curve = {
    mark: { type: 'line', clip: true },
    encoding: {
      y: y('value'),
      tooltip: [
        { field: 'task', type: 'nominal' },
        { field: 'step', type: 'quantitative' },
        { field: 'value', type: 'quantitative', format: format ?? '.3~r' },
      ],
    },
  };
  return {
    title: { text: title, fontSize: 13, frame: 'group', offset: 8 },
    width: (plotWidth - 56) / 2,
    height: 130,
    data: inlineTable(points),
    encoding: { x, color: lineColor('task', tasks) },
    layer: [...bands(points, y), curve],
  };
}

function describe({ title, points, format }: StepPanel): string {
  const ends = distinct(points.map((point) => point.task)).map((task) => {
    const own = points.filter((point) => point.task === task);
    return `${task} ${written(own[0]!.value, format)} to ${written(own.at(-1)!.value, format)}`;
  });
  return `${title}: ${ends.join(', ')}.`;
}
