/** The rollout inspector, which shows the completions of a run in a notebook, on a page of its own, or in words. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { displayBundle } from '../core/display';
import { UserError } from '../core/errors';
import { htmlText, plainText } from '../core/markup';
import { hasReader, openWidget } from './widget';
import { rewardMap } from '../plots/rewardMap';
import { renderPng } from '../plots/render';
import { show } from '../plots/show';
import { readInspection } from '../runs/run';
import { inspectorData, type InspectedSample, type InspectorData } from './inspectorData';
import { local, recorded, runFolder, shortPath } from '../stages/places';
import { readView } from './readView';

/**
 * Shows the inspector of a run under the running cell: a map of rewards, and the tokens of the completion that is
 * selected in it. `run` is a run's folder or its name; of two runs with that name, the reader's own one is shown and
 * not the recorded one. Where no browser listens, it shows the map of rewards and writes one group as text.
 */
export async function inspector(run: string): Promise<void> {
  const data = readInspectorData(run);
  const subtitle = 'a column for each inspected step, a row for each sample of the group';
  const chart = rewardMap({ title: `Rewards of ${data.name}`, subtitle }, data);
  const text = `${chart.alt}\n${groupText(data)}`;
  const widget =
    hasReader() &&
    openWidget({ ...readView('inspector'), state: { data }, text, onChange: () => {} });
  if (widget) {
    const picture = (await renderPng(chart)).toString('base64'); // shown where the notebook is read without its kernel
    return displayBundle({ ...widget.bundle, 'image/png': picture });
  }
  await show(chart);
  console.log(groupText(data));
}

/** Reads what was inspected of a run, by its folder or name. Throws a UserError where nothing was inspected. */
export function readInspectorData(run: string): InspectorData {
  const named = path.basename(run) === run ? [runFolder(local, run), runFolder(recorded, run)] : [];
  const folder = [run, ...named].find((f) => fs.existsSync(path.join(f, 'run.json')));
  if (!folder)
    throw new UserError(`no run ${run}: name a folder with a run.json, or a recorded run`);
  const lines = readInspection(folder);
  if (lines.length === 0)
    throw new UserError(
      `${shortPath(folder)} was not inspected: train it with the setting inspect: { everySteps: 20, problems: 4 }`,
    );
  const data = inspectorData(path.basename(path.resolve(folder)), lines);
  const groups = data.problems.flatMap((problem) => problem.groups);
  const samples = groups[0]?.length ?? 0;
  if (samples === 0 || !groups.every((group) => group.length === samples && group.every(isWhole)))
    throw new UserError(
      `${shortPath(path.join(folder, 'inspection.jsonl'))} has lines too few or too many: train the run again`,
    );
  return data;
}

/** Whether every token of a completion has its numbers. */
const isWhole = ({ tokens, logprobs, entropies, reward }: InspectedSample): boolean =>
  [logprobs, entropies].every(({ length }) => length === tokens.length) &&
  reward.total !== undefined;

/** Returns one group as text: that of the first problem at the last step. */
export function groupText({ steps, problems }: InspectorData): string {
  const { about, prompt, groups } = problems[0]!;
  const lines = groups.at(-1)!.map(({ tokens, reward, correct, advantage }) => {
    const numbers = `${reward.total!.toFixed(2).padStart(5)} ${advantage.toFixed(2).padStart(6)}`;
    return `${correct ? '✓' : '✗'} ${numbers}  ${plainText(tokens.join(' '))}`;
  });
  return [`${plainText(`${about}: ${prompt}`)}, at step ${steps.at(-1)}: reward, advantage, completion`, ...lines].join('\n'); // prettier-ignore
}

/** Returns the inspector as one HTML file. It needs no other file, and its policy forbids it to load any. */
export function inspectorPage(data: InspectorData): string {
  const { esm, css } = readView('inspector');
  const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";
  const json = JSON.stringify(data).replaceAll('<', '\\u003c'); // completions hold tags such as <answer>
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    `<title>Rollouts of ${htmlText(data.name)}</title>`,
    '<style>',
    ':root { color-scheme: light dark; background: light-dark(#ffffff, #16191d); }',
    'body { max-width: 80rem; margin: 0 auto; padding: 0 1rem 2rem; }',
    `${css}</style>`,
    '<body>',
    '<noscript>The rollout inspector needs JavaScript.</noscript>',
    '<script type="module">',
    esm,
    `render({ model: { get: () => (${json}) }, el: document.body });`,
    '</script>',
    '',
  ].join('\n');
}
