/** The picture that stands beside a link to the site. */
import * as path from 'node:path';
import { writeFileAtomic } from '../core/files';
import { rlChart } from '../plots/fromRun';
import { renderPng } from '../plots/render';
import { readMetrics } from '../runs/run';
import { recorded, runFolder } from '../stages/places';

/** Draws the curves of the recorded R1-Zero of `small`, twice as large as in a notebook. */
export async function writePreview(site: string): Promise<void> {
  const metrics = readMetrics(runFolder(recorded, 'small-r1-zero-s0'));
  const heading = {
    title: 'DeepSeek-R1’s recipe, whole and for real, on your own machine',
    subtitle: 'R1-Zero: reinforcement learning from rewards alone, on three kinds of problems',
  };
  const picture = await renderPng(rlChart(heading, metrics, metrics.length), 2);
  writeFileAtomic(path.join(site, 'preview.png'), picture);
}
