/** What the finished stages measured, as text. */
import { millions, share } from '../core/format';
import type { GeneralEvaluation } from '../evaluation/general';
import type { Evaluation } from '../evaluation/score';
import { setName } from '../evaluation/setName';
import { readRunInfo, type RunInfo } from '../runs/run';
import { runFolder, type Place } from '../stages/places';
import { textTable } from './table';

/** One line of the stage table. */
export interface StageLine {
  readonly name: string;
  readonly info: RunInfo;
  readonly evaluations: readonly Evaluation[];
}

/** What is known of the finished stages among these names. */
export function stageLines(place: Place, names: readonly string[]): StageLine[] {
  return names.flatMap((name) => {
    const info = readRunInfo(runFolder(place, name));
    if (!info?.finished) return [];
    const evaluations = (info.result?.evaluations ?? []) as Evaluation[];
    return [{ name, info, evaluations }];
  });
}

/** The stage table as text: accuracy with its 95 % interval, length, waits and language per task. */
export function stageTable(lines: readonly StageLine[]): string {
  const rows = lines.flatMap(({ name, info, evaluations }) =>
    evaluations.map((e, i) => [
      i === 0 ? name : '',
      setName(e),
      `${share(e.passAt1)} [${e.passAt1Interval.map(share).join(', ')}]`,
      share(e.passAtK),
      share(e.consAtK),
      e.meanLength.toFixed(0),
      e.waits.toFixed(2),
      share(e.formatRate),
      share(e.languageConsistency),
      share(e.traceArithmetic),
      share(e.verdictAccuracy),
      String(e.n),
      i === 0 ? info.seconds.toFixed(0) : '',
      i === 0 ? millions(info.tokens) : '',
    ]),
  );
  const head = [
    'stage',
    'task',
    'pass@1',
    'pass@8',
    'cons@8',
    'length',
    'waits',
    'format',
    'language',
  ].concat(['arithmetic', 'verdicts', 'n', 'seconds', 'tokens']);
  return textTable(head, rows, 2);
}

/** What the stages say to general prompts: liking by the simulated annotator with its 95 % interval, and manners. */
export function generalTable(lines: readonly StageLine[]): string {
  const rows = lines.flatMap(({ name, info }) => {
    const g = info.result?.general as GeneralEvaluation | undefined;
    if (!g?.n) return []; // older runs of language models have answers to no prompts
    const liking = [g.utility, ...g.utilityInterval].map((value) => value.toFixed(2));
    const shares = [g.rightFacts, g.greets, g.thanks, g.formatRate, g.languageConsistency];
    return [
      [
        name,
        `${liking[0]} [${liking[1]}, ${liking[2]}]`,
        ...shares.map(share),
        g.meanLength.toFixed(0),
        String(g.n),
      ],
    ];
  });
  if (rows.length === 0) return '';
  const head = ['general prompts', 'liking', 'true', 'greets', 'thanks', 'format', 'language', 'length', 'n']; // prettier-ignore
  return textTable(head, rows, 1);
}
