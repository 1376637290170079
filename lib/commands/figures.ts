import * as fs from 'node:fs';
import * as path from 'node:path';
import { speedTable } from '../bench/records';
import { UserError } from '../core/errors';
import { root, writeFileAtomic } from '../core/files';
import { whole } from '../core/format';
import { loadCheckpoint } from '../model/checkpoint';
import { countParameters } from '../model/parameters';
import { generationsChart } from '../plots/fromGenerations';
import { proxyChart, visibleTestsChart, rlChart } from '../plots/fromRun';
import { budgetChart, votesChart } from '../plots/fromTestTime';
import { figuresPage, type PageFigure } from '../plots/paper/page';
import { renderPng, renderSvg } from '../plots/render';
import { stillZoom } from '../plots/show';
import type { Chart } from '../plots/theme';
import { readEvaluations, readMetrics, readRunInfo, type RunInfo } from '../runs/run';
import { armLines, armTable, type Arms } from '../reports/arms';
import { costLines, costTable } from '../reports/cost';
import { chainStages } from '../recipe/graph';
import { fillBlocks } from '../reports/fillBlocks';
import { figureNames, figureOrReason } from '../reports/paperFigures';
import { checkpointFolder, recorded, runFolder, shortPath, stageName } from '../stages/places';
import {
  comparisonChart,
  comparisonLines,
  recordedComparisons,
  type ComparisonName,
} from '../reports/recordedComparisons';
import {
  shownGenerations,
  generationPoints,
  generationTable,
  type GenerationArm,
} from '../reports/recordedGenerations';
import { languageTables } from '../reports/languageTables';
import { seedLines, seedTable } from '../reports/seeds';
import { generalTable, stageLines } from '../reports/stageTables';
import { testTimeLines } from '../stages/testTime';
import { testTimeTable } from '../reports/testTimeTable';
import { readArguments, runCommand } from './arguments';

const help = `
npm run figures
Draws the pictures of the README and of data/figures/README.md from the recorded runs, and writes their tables; and
the paper's figures beside ours, each as SVG and PNG and all on one page, data/figures/paper/index.html.
`;

const controls: Arms = {
  'R1-Zero, no search': 'r1-zero-no-search',
  'R1-Zero, weak verdicts': 'r1-zero-weak-verdict',
  'Dev1, uncurated': 'dev1-uncurated',
  'Dev2, no language': 'dev2-no-language',
  'Dev3, random': 'dev3-random',
  'R1, no preference': 'r1-no-preference',
};

const figures = path.join(recorded, 'figures');

async function draw(name: string, chart: Chart): Promise<void> {
  const file = path.join(figures, `${name}.png`);
  writeFileAtomic(file, await renderPng(chart));
  console.log(shortPath(file));
}

/** Writes texts into the places of a page that have their names. */
function fill(file: string, texts: Readonly<Record<string, string>>): void {
  writeFileAtomic(file, fillBlocks(fs.readFileSync(file, 'utf8'), texts));
  console.log(shortPath(file));
}

async function drawZero(): Promise<void> {
  const name = 'small-r1-zero-s0';
  const info = readRunInfo(runFolder(recorded, name));
  if (!info) throw new UserError(`no recorded run ${name}: npm run recipe -- --recorded`);
  const { parameters } = loadCheckpoint(checkpointFolder(recorded, name));
  const weights = whole(countParameters(parameters));
  const heading = {
    title: 'R1-Zero, from base model to reasoning in a few minutes',
    subtitle: `${weights} weights, seed 0, ${info.steps} steps of 512 completions of training problems; mean of five steps`,
  };
  const metrics = readMetrics(runFolder(recorded, name));
  await draw('r1-zero', rlChart(heading, metrics, info.steps - 1));
}

async function drawHacks(): Promise<void> {
  const rows = (stage: string) => {
    const folder = runFolder(recorded, `small-${stage}-s0`);
    return { metrics: readMetrics(folder), evaluations: readEvaluations(folder) };
  };
  const subtitle = 'small, seed 0; mean of five steps';
  const score = rows('hacked-reward-model').metrics;
  if (score.length > 0)
    await draw('hacked-reward-model', proxyChart({ title: 'The reward model alone', subtitle }, score)); // prettier-ignore
  const runs = { 'visible tests': rows('hacked-tests'), 'hidden tests': rows('honest-tests') };
  if (runs['visible tests'].metrics.length > 0)
    await draw('hacked-tests', visibleTestsChart({ title: 'A reward with a hole, and without', subtitle }, runs)); // prettier-ignore
}

/** Whether a recorded run measured test-time compute. */
function isMeasured(name: string): boolean {
  const info = readRunInfo(runFolder(recorded, name));
  return info !== null && testTimeLines(info).length > 0;
}

/** Draws the virtuous cycle and test-time compute, and returns their tables. */
async function drawSecondHalf(): Promise<Record<string, string>> {
  const arms = Object.keys(shownGenerations) as GenerationArm[];
  const points = arms.flatMap((arm) => generationPoints(arm));
  const tasks = ['countdown 3', 'countdown 5', 'countdown 6'];
  const subtitle = 'small; held-out problems, 95 % intervals';
  if (points.some(({ x, rows }) => x > 0 && rows.length > 0))
    await draw('generations', generationsChart({ title: 'The virtuous cycle', subtitle }, points, tasks)); // prettier-ignore
  const measured = fs.readdirSync(path.join(recorded, 'runs')).filter(isMeasured);
  const tables: Record<string, string> = {
    generations: arms
      .map((arm) => armLines(recorded, 'small', generationTable(arm)))
      .filter((lines) => lines.length > 0)
      .map(armTable)
      .join('\n\n'),
  };
  for (const name of measured) {
    const info = readRunInfo(runFolder(recorded, name))!;
    const hard = testTimeLines(info).filter(({ level }) => level === 5);
    const of = `${info.size}; countdown 5, ${hard[0]!.n} problems, ${hard[0]!.samples} answers each`;
    await draw(name, votesChart({ title: 'One of k, and the majority of k', subtitle: of }, hard));
    await draw(`${name}-budget`, budgetChart({ title: 'A limit on thinking', subtitle: of }, hard));
    tables[name] = testTimeTable([info]);
  }
  const chain = chainStages.map((stage) => stageName('base', stage, 0));
  return { ...tables, costs: costTable(costLines(recorded, chain)) };
}

/** The paper's figures beside ours; those whose runs are not recorded are left out, and say so. */
async function drawPaper(): Promise<void> {
  const folder = path.join(figures, 'paper');
  const drawn: PageFigure[] = [];
  const missing: string[] = [];
  for (const name of figureNames) {
    const figure = figureOrReason(name);
    if (typeof figure !== 'string') drawn.push({ name, figure });
    else {
      missing.push(figure);
      console.log(figure);
    }
  }
  for (const { name, figure } of drawn) {
    writeFileAtomic(path.join(folder, `${name}.svg`), await renderSvg(figure));
    writeFileAtomic(path.join(folder, `${name}.png`), await renderPng(figure, stillZoom));
  }
  const page = path.join(folder, 'index.html');
  writeFileAtomic(page, figuresPage(drawn, missing));
  console.log(`${shortPath(page)}, with ${drawn.length} figures`);
}

/** Stages around preference RL, which README.md shows. */
const aroundPreferences = ['dev3', 'r1', 'r1-no-preference'];

const isShown = ({ size, stage }: RunInfo): boolean =>
  size === 'small' && aroundPreferences.includes(stage);

async function main(): Promise<void> {
  readArguments(help, {});
  await drawZero();
  await drawHacks();
  const tables: Record<string, string> = await drawSecondHalf();
  for (const name of Object.keys(recordedComparisons) as ComparisonName[]) {
    const lines = comparisonLines(name);
    if (new Set(lines.map(({ arm }) => arm)).size < 2) continue; // nothing to compare yet
    await draw(name, comparisonChart(name));
    tables[name] = armTable(lines);
  }
  const all = fs.readdirSync(path.join(recorded, 'runs')).sort();
  tables.controls = armTable(armLines(recorded, 'small', controls));
  tables.base = armTable(armLines(recorded, 'base', recordedComparisons.stages.arms));
  tables.general = generalTable(stageLines(recorded, all));
  fill(path.join(figures, 'README.md'), tables);
  const seeds = seedTable(seedLines(recorded, 'small', 'r1-zero'));
  const { stages: results = '', base = '' } = tables;
  const lines = stageLines(recorded, all);
  const general = generalTable(lines.filter(({ info }) => isShown(info)));
  const language = languageTables('smollm2');
  const speed = speedTable();
  fill(path.join(root, 'README.md'), { seeds, results, base, general, language, speed });
  fill(path.join(recorded, 'bench', 'README.md'), {
    language: speedTable('language.csv'),
    avx2: speedTable('speedAvx2.csv'),
  });
  await drawPaper();
}

export const finished: Promise<void> = runCommand(main);
