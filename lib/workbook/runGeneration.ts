/** A generation of the virtuous cycle in a notebook. */
import type { Model } from '../model/parameters';
import { baseChart } from '../plots/fromRun';
import { generationTraces, type CycleSettings } from '../stages/generations';
import { stageName } from '../stages/places';
import { trainSft } from '../stages/sft';
import { runDrawn, type StageRun, type Workbook } from './workbook';

/** Collects the traces of the generation before and trains the base on them with a live chart, or what is there. */
export async function runGeneration(
  book: Workbook,
  base: { readonly model: Model },
  before: { readonly model: Model },
  generation: number,
  settings: CycleSettings,
  stage = `gen${generation}`,
): Promise<StageRun> {
  const { size, seed, place, preset } = book;
  const name = stageName(size, stage, seed);
  const heading = { title: `Generation ${generation}`, subtitle: `${name}: loss on the traces, mean of ten steps` }; // prettier-ignore
  return runDrawn(
    book,
    name,
    (rows) => baseChart(heading, rows, 10),
    async (onStep) => {
      const { traces, counts } = await generationTraces(before.model, generation, seed, settings);
      const fromName = stageName(size, 'base', seed);
      const job = { size, seed, stage, place, from: base.model, fromName, traces };
      return trainSft({ ...job, about: { generation, counts }, settings: preset.sft, onStep });
    },
    true,
  );
}
