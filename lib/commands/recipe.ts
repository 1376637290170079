import { stopOnInterrupt } from '../core/loop';
import { formatSeconds } from '../core/progress';
import { costLines, costTable } from '../reports/cost';
import {
  chainStages,
  comparisonStages,
  controlStages,
  cycleStages,
  stageNamed,
  studentStages,
} from '../recipe/graph';
import { presetNamed } from '../recipe/presets';
import { generalTable, runStage, stageLines, stageTable, wholeRecipe } from '../recipe/runStage';
import { testTimeTable } from '../reports/testTimeTable';
import { local, recorded, shortPath, stageName } from '../stages/places';
import { modelSizes } from '../model/config';
import { readArguments, runCommand, wholeNumber } from './arguments';

/** Names, some to a line. */
const listed = (names: readonly string[]): string => {
  const lines = Array.from({ length: Math.ceil(names.length / 4) }, (_, i) =>
    names.slice(4 * i, 4 * i + 4).join(', '),
  );
  return lines.join(`,\n${' '.repeat(32)}`);
};

const help = `
npm run recipe -- [options]
Runs the recipe in the terminal, stage by stage; what is done is skipped, what was interrupted goes on.

  --preset smoke|quick|full   seconds for a test, the workshop's small model, or the recorded base model (quick)
  --size ${modelSizes.join('|')}  another model with the preset's settings; students are of the sizes the preset says
  --seed N                    seed of everything random (0)
  --stage NAME                only this stage and those it needs
                    stages      ${listed(chainStages)}
                    afterwards  ${listed(cycleStages)}
                    students    ${listed(['distillation-data', ...studentStages])}
                    controls    ${listed(controlStages)}
                    comparisons ${listed(comparisonStages)}
  --steps N                   steps of reinforcement learning
  --tokens N                  tokens of pre-training
  --recorded                  write to data/ instead of data/local/: for making the shipped runs
`;

async function main(): Promise<number> {
  const { values } = readArguments(help, {
    preset: { type: 'string', default: 'quick' },
    size: { type: 'string' },
    seed: { type: 'string', default: '0' },
    stage: { type: 'string' },
    steps: { type: 'string' },
    tokens: { type: 'string' },
    recorded: { type: 'boolean', default: false },
  });
  const named = presetNamed(values.preset);
  const preset = {
    ...named,
    size: (values.size ?? named.size) as typeof named.size,
    base: {
      ...named.base,
      ...(values.tokens && { tokens: wholeNumber(values.tokens, '--tokens', 1) }),
    },
    rl: {
      ...named.rl,
      ...(values.steps && { steps: wholeNumber(values.steps, '--steps', 1) }),
    },
  };
  const seed = wholeNumber(values.seed, '--seed');
  const due = values.stage ? [{ stage: stageNamed(values.stage), preset }] : wholeRecipe(preset);
  const place = values.recorded ? recorded : local;
  stopOnInterrupt();
  const started = Date.now();
  for (const { stage, preset: own } of due) {
    const info = await runStage(stage, own, seed, place);
    if (!info) {
      console.log(`stopped in ${stage}; the same command goes on from there`);
      return 130;
    }
  }
  const names = due.map(({ stage, preset: own }) => stageName(own.size, stage, seed));
  const lines = stageLines(place, names);
  const tables = [
    stageTable(lines),
    generalTable(lines),
    testTimeTable(lines.map(({ info }) => info)),
    costTable(costLines(place, names)),
  ];
  console.log(
    tables
      .filter(Boolean)
      .map((table) => `\n${table}\n`)
      .join(''),
  );
  console.log(
    `\n${formatSeconds((Date.now() - started) / 1000)} now; everything is in ${shortPath(place)}`,
  );
  return 0;
}

export const finished: Promise<void> = runCommand(main);
