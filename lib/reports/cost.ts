/** What the stages cost, beside what DeepSeek's cost: time, tokens, computation, energy and money. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseCsv } from '../core/csv';
import { formatSeconds, millions } from '../core/format';
import { activeWeights, type ModelConfig } from '../model/config';
import { knownStage } from '../recipe/graph';
import { makesModel, type StageKind } from '../recipe/kinds';
import { readRunInfo, type RunInfo } from '../runs/run';
import { recorded, runFolder, type Place } from '../stages/places';
import { textTable } from './table';

/** Pre-training; reinforcement learning; data: sampling and imitating it; and what is only measured. */
export type CostKind = 'pre-training' | 'RL' | 'data and SFT' | 'measuring';

export interface StageCost {
  readonly name: string;
  readonly kind: CostKind;
  readonly seconds: number;
  readonly sampledTokens: number;
  readonly trainedTokens: number;
  /** floating point operations of the weights: 2 for each of a sampled token, 6 for each of a trained one */
  readonly flops: number;
  readonly joules: number | null;
}

/**
 * The cost of a finished run. Tokens are those of completions (of documents in pre-training); reinforcement learning
 * samples each and learns from it once, groups without difference included. Prompts, attention, and the pairs
 * that a reward model is shown are left out.
 */
export function costOf(name: string, info: RunInfo): StageCost {
  const { stage, config, seconds, tokens, joules, result } = info;
  const collected = Number(result?.sampledTokens ?? 0);
  const of = knownStage(stage)?.kind ?? kindOf(config);
  const sampledTokens = makesModel(of) && of !== 'RL' ? collected : tokens;
  const trainedTokens = makesModel(of) ? tokens : 0;
  const weights = activeWeights(config.model as ModelConfig);
  const flops = weights * (2 * sampledTokens + 6 * trainedTokens);
  const kind = costKinds[of];
  return { name, kind, seconds, sampledTokens, trainedTokens, flops, joules: joules ?? null };
}

/** Under which name the bill has the stages of each kind. */
const costKinds: Readonly<Record<StageKind, CostKind>> = {
  'pre-training': 'pre-training',
  RL: 'RL',
  SFT: 'data and SFT',
  'reward model': 'data and SFT',
  data: 'data and SFT',
  measuring: 'measuring',
};

/** The kind of a run that a reader has named, by its settings. */
const kindOf = (config: RunInfo['config']): StageKind =>
  'corpus' in config ? 'pre-training' : 'groupSize' in config ? 'RL' : 'SFT';

/** The costs of the finished runs among these names. */
export function costLines(place: Place, names: readonly string[]): StageCost[] {
  return names.flatMap((name) => {
    const info = readRunInfo(runFolder(place, name));
    return info?.finished ? [costOf(name, info)] : [];
  });
}

/** About what an hour of a rented machine with two cores costs, in dollars. Put in your own. */
const dollarsPerHour = 0.1;

/** Returns the costs as text, with a line for each kind and its share of the time. */
export function costTable(lines: readonly StageCost[], price = dollarsPerHour): string {
  const total = lines.reduce((sum, { seconds }) => sum + seconds, 0);
  const cells = (name: string, of: readonly StageCost[]): string[] => {
    const sum = (value: (line: StageCost) => number): number =>
      of.reduce((all, line) => all + value(line), 0);
    const tokens = (value: (line: StageCost) => number): string => millions(sum(value), 2);
    const seconds = sum((line) => line.seconds);
    const known = of.every(({ joules }) => joules !== null);
    return [
      name,
      formatSeconds(seconds),
      `${((100 * seconds) / total).toFixed(0)} %`,
      tokens((line) => line.sampledTokens),
      tokens((line) => line.trainedTokens),
      sum((line) => line.flops)
        .toExponential(1)
        .replace('e+', 'e'),
      known ? (sum((line) => line.joules!) / 1000).toFixed(1) + ' kJ' : '-',
      `$${((seconds / 3600) * price).toFixed(4)}`,
    ];
  };
  const kinds = [...new Set(lines.map(({ kind }) => kind))];
  const rows = [
    ...lines.map((line) => cells(line.name, [line])),
    ...kinds.map((kind) => cells(`all ${kind}`, lines.filter((line) => line.kind === kind))), // prettier-ignore
    cells('all', lines),
  ];
  const head = [
    'stage',
    'time',
    'share',
    'sampled',
    'trained',
    'flops',
    'energy',
    `at $${price}/h`,
  ];
  return textTable(head, rows, 1);
}

/** DeepSeek's own costs (DeepSeek-R1 v2, Table 7; DeepSeek-V3, Table 1): H800 GPU hours. */
export function publishedCosts(): { run: string; part: string; gpuHours: number }[] {
  const text = fs.readFileSync(path.join(recorded, 'paper', 'training_costs.csv'), 'utf8');
  return parseCsv(text).map(({ run, part, h800_gpu_hours: hours }) => ({
    run: String(run),
    part: String(part),
    gpuHours: Number(hours),
  }));
}
