import type { Cell, Row } from '../core/csv';
import type { Evaluation } from '../evaluation/score';

/** An evaluation as a row of `evaluations.csv`: each measure, and the ends of its 95 % interval. */
export function evaluationRow(step: number, evaluation: Evaluation): Row {
  const row: Row = { step };
  for (const [key, value] of Object.entries(evaluation) as [string, unknown][])
    if (value === null || typeof value !== 'object') row[key] = value as Cell;
  for (const [mode, share] of Object.entries(evaluation.modeShares)) row[`mode/${mode}`] = share;
  for (const [key, interval] of Object.entries(evaluation.intervals)) {
    row[`${key}/low`] = interval?.[0] ?? null;
    row[`${key}/high`] = interval?.[1] ?? null;
  }
  return row;
}
