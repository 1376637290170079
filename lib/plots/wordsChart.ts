import type { Row } from '../core/csv';
import { curveOf } from './fromRun';
import type { Chart, Heading } from './theme';
import { trainingCurves, type StepPanel } from './trainingCurves';

/**
 * Draws the reinforcement learning of a language model: which share of the rollouts kept the rule and ended by itself, how long they are,
 * and how undecided the policy is. Each point is the mean of five steps.
 */
export function wordsChart(heading: Heading, rows: readonly Row[], lastStep: number): Chart {
  const panel = (title: string, key: string, format?: string): StepPanel => ({
    title,
    format,
    points: curveOf(rows, key, 'all'),
  });
  return trainingCurves(
    heading,
    [
      panel('right answers', 'reward/accuracy', '.0%'),
      panel('tokens in a completion', 'completion/length'),
      panel('ended by themselves', 'completion/stopRate', '.0%'),
      panel('entropy of the policy, nats', 'policy/entropy'),
    ],
    lastStep,
  );
}
