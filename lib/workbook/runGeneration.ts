import type { Model } from '../model/parameters';
import { baseChart } from '../plots/fromRun';
import { generationTraces, type CycleSettings } from '../stages/generations';
import { stageName } from '../stages/places';
import { settingsFrom, sftSettings } from '../stages/settings';
import { trainSft } from '../stages/sft';
import type { Workbook } from './openWorkbook';
import { stageDrawn, type StageRun } from './stageRun';

export interface GenerationRun {
  /** what the traces train: in the cycle the base, in every generation anew */
  readonly base: { readonly model: Model };
  /** the generation before, which samples the traces; of the first it is the base */
  readonly before: { readonly model: Model };
  /** 1 for the first */
  readonly generation: number;
  readonly settings: CycleSettings;
  /** default: `gen1` and so on */
  readonly stage?: string;
}

/**
 * A generation of the virtuous cycle in a notebook: collects the traces of the generation before and trains the base on
 * them with a live chart, or returns the run that is there.
 */
export async function runGeneration(
  book: Workbook,
  { base, before, generation, settings, stage = `gen${generation}` }: GenerationRun,
): Promise<StageRun> {
  const { size, seed, place, preset } = book;
  const name = stageName(size, stage, seed);
  const heading = { title: `Generation ${generation}`, subtitle: `${name}: loss on the traces, mean of ten steps` }; // prettier-ignore
  const fromName = stageName(size, 'base', seed);
  const sft = settingsFrom({ defaults: sftSettings(size, preset.sft) });
  return stageDrawn(book, name, {
    draw: (rows) => baseChart(heading, rows, 10),
    train: async (onStep) => {
      const { traces, counts } = await generationTraces(before.model, {
        generation,
        seed,
        settings,
      });
      const about = { generation, counts };
      const job = { size, seed, stage, place, from: base.model, fromName, traces, about };
      return trainSft({ ...job, settings: sft, onStep });
    },
    inWords: true,
  });
}
