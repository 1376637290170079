import * as path from 'node:path';
import { UserError } from '../core/errors';
import { writeFileAtomic } from '../core/files';
import { inspectorPage, readInspectorData } from '../workbook/inspector';
import { local, shortPath } from '../stages/places';
import { readArguments, runCommand } from './arguments';

const help = `
npm run inspect -- RUN [options]
Writes the rollout inspector of a run as one HTML page that needs no network. The page shows the completions of a few
problems, token by token, at several steps of the training. RUN is the folder or the name of a run that was trained
with the setting inspect, such as small-r1-zero-s0.

  --out FILE   where the page goes (data/local/inspector/RUN.html)
`;

function main(): void {
  const { values, positionals } = readArguments(help, { out: { type: 'string' } }, true);
  const [run, ...others] = positionals;
  if (run === undefined || others.length > 0)
    throw new UserError('name one run, for example small-r1-zero-s0');
  const data = readInspectorData(run);
  const file = values.out ?? path.join(local, 'inspector', `${data.name}.html`);
  const page = inspectorPage(data);
  writeFileAtomic(path.resolve(file), page);
  console.log(
    `${shortPath(path.resolve(file))}, ${Math.round(page.length / 1000)} kB: open it in a browser`,
  );
}

export const finished: Promise<void> = runCommand(main);
