/** The recipe: the stages in the paper's order, each skipped when it is done. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { disposeTree } from '../engine/tree';
import type { GateCheck } from '../evaluation/gate';
import type { GeneralEvaluation } from '../evaluation/general';
import type { Evaluation } from '../evaluation/score';
import { setName } from '../evaluation/setName';
import { loadCheckpoint } from '../model/checkpoint';
import type { Model } from '../model/parameters';
import { readRunInfo, type RunInfo } from '../runs/run';
import { chainStages, cycleStages, stages, studentStages, type StageName } from './graph';
import { checkpointFolder, runFolder, stageName, type Place } from '../stages/places';
import type { Preset } from './presets';
import { share } from '../core/format';
import { textTable } from '../reports/table';

/** Runs one stage and what it needs, unless they are done. Null when the person stopped it. */
export async function runStage(
  stage: StageName,
  preset: Preset,
  seed: number,
  place: Place,
): Promise<RunInfo | null> {
  const { size } = preset;
  const done = readRunInfo(runFolder(place, stageName(size, stage, seed)));
  if (done?.finished) return done;
  const { needs, ofTeacher = [], anyBase, make } = stages[stage];
  const teacher = { ...preset, size: preset.teacher };
  const due = [
    ...needs.map((before) => ({ before, of: preset, seed })),
    ...ofTeacher.map((before) => ({ before, of: teacher, seed: 0 })),
  ];
  for (const { before, of, seed } of due) {
    const info = await runStage(before, of, seed, place);
    if (!info) return null;
    if (preset.gated && before === 'base' && !anyBase)
      refuseFailedGate(info, stageName(size, before, seed));
  }
  const names = due.map(({ before, of, seed }) => stageName(of.size, before, seed));
  const models = names
    .filter((_, i) => stages[due[i]!.before].makesModel !== false)
    .map((name) => loadStage(place, name));
  try {
    const startedAt = Date.now();
    const fromName = names[0] ?? '';
    const made = await make({
      stage,
      preset,
      size,
      seed,
      place,
      startedAt,
      names,
      fromName,
      models,
    });
    if (made?.model) disposeTree(made.model.parameters); // it is in its checkpoint
    return made?.info ?? null;
  } finally {
    disposeTree(models.map(({ parameters }) => parameters));
  }
}

/** Reinforcement learning on a base that failed its gate would only turn searching off: better to say so. */
function refuseFailedGate({ result }: RunInfo, name: string): void {
  const failed = ((result?.gate ?? []) as GateCheck[]).filter(({ passed }) => !passed);
  if (failed.length > 0)
    throw new UserError(
      `${name} did not pass its gate (${failed.map((c) => c.name).join('; ')}): remove it and use more --tokens or another --seed`,
    );
}

function loadStage(place: Place, name: string): Model {
  const folder = checkpointFolder(place, name);
  if (!fs.existsSync(path.join(folder, 'model.safetensors')))
    throw new UserError(
      `${folder} is missing though its run is finished: remove ${runFolder(place, name)}`,
    );
  return loadCheckpoint(folder);
}

/** A stage, and the preset with the size of the model that it is run on. */
export interface DueStage {
  readonly stage: StageName;
  readonly preset: Preset;
}

/** The whole recipe in its order: to R1, the generations after it, and the students of its teacher. */
export function wholeRecipe(preset: Preset): DueStage[] {
  const own = [...chainStages, ...cycleStages].map((stage) => ({ stage, preset }));
  const students = preset.students.flatMap((size) =>
    studentStages.map((stage) => ({ stage, preset: { ...preset, size } })),
  );
  return [...own, { stage: 'distillation-data', preset: { ...preset, size: preset.teacher } }, ...students]; // prettier-ignore
}

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
      i === 0 ? (info.tokens / 1e6).toFixed(1) + 'M' : '',
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
    if (!g) return [];
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
