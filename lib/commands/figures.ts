import * as fs from 'node:fs';
import * as path from 'node:path';
import { root, writeFileAtomic } from '../core/files';
import { loadCheckpoint } from '../model/checkpoint';
import { countParameters } from '../model/parameters';
import { zeroChart } from '../plots/fromRun';
import { renderPng } from '../plots/render';
import { readMetrics, readRunInfo } from '../runs/run';
import { checkpointFolder, recorded, runFolder, shortPath } from '../stages/places';
import { stageLines, stageTable } from '../stages/recipe';
import { seedLines, seedTable } from '../stages/seeds';
import { speedTable } from '../bench/records';
import { readArguments, runCommand } from './arguments';
import { UserError } from '../core/errors';

const help = `
npm run figures
Draws the README's picture from the recorded runs into data/figures/, and writes their tables into the README.
`;

async function main(): Promise<void> {
  readArguments(help, {});
  const name = 'small-r1-zero-s0';
  const info = readRunInfo(runFolder(recorded, name));
  if (!info) throw new UserError(`no recorded run ${name}: npm run recipe -- --recorded`);
  const metrics = readMetrics(runFolder(recorded, name));
  const { parameters } = loadCheckpoint(checkpointFolder(recorded, name));
  const weights = countParameters(parameters).toLocaleString('en');
  const heading = {
    title: 'R1-Zero, from base model to reasoning in a few minutes',
    subtitle: `${weights} weights, seed 0, ${info.steps} steps of 512 completions of training problems; mean of five steps`,
  };
  const file = path.join(recorded, 'figures', 'r1-zero.png');
  writeFileAtomic(file, await renderPng(zeroChart(heading, metrics, info.steps - 1)));
  console.log(shortPath(file));
  const readme = path.join(root, 'README.md');
  const runs = fs.readdirSync(path.join(recorded, 'runs')).sort();
  const table = stageTable(stageLines(recorded, runs));
  const seeds = seedTable(seedLines(recorded, 'small-r1-zero'));
  let text = fs.readFileSync(readme, 'utf8');
  for (const [block, content] of Object.entries({ seeds, results: table, speed: speedTable() })) {
    const lines = content.replace(/ +$/gm, '');
    const place = new RegExp(`(<!-- ${block} -->\\n)[^]*?(<!-- end of ${block} -->)`);
    text = text.replace(place, `$1\n\`\`\`text\n${lines}\n\`\`\`\n\n$2`);
  }
  writeFileAtomic(readme, text);
  console.log(`${shortPath(readme)}\n\n${seeds}`);
}

export const finished: Promise<void> = runCommand(main);
