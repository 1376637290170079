import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { root } from '../lib/core/files';
import { readRunInfo } from '../lib/runs/run';
import { recorded, runFolder } from '../lib/stages/places';

const page = fs.readFileSync(path.join(root, 'lib/README.md'), 'utf8');
const names = fs.readdirSync(path.join(recorded, 'runs'));

/** The names in backticks of the tables below a heading. */
const namesBelow = (heading: string): Set<string> => {
  const section = page.split(/^#{2,3} /m).find((text) => text.startsWith(heading))!;
  return new Set([...section.matchAll(/`([^`]+)`/g)].map((match) => match[1]!));
};

const columnsOf = (file: string): Set<string> =>
  new Set(
    names
      .map((name) => path.join(runFolder(recorded, name), file))
      .filter((csv) => fs.existsSync(csv))
      .flatMap((csv) => fs.readFileSync(csv, 'utf8').split('\n')[0]!.split(',')),
  );

test('the glossary names every column of the recorded metrics', () => {
  const known = namesBelow('`metrics.csv`');
  const general = (column: string): string =>
    known.has(column) ? column : column.replace(/^[^/]+\//, 'TASK/');
  const columns = [...columnsOf('metrics.csv')].map(general);
  assert.ok(columns.includes('TASK/waits') && columns.includes('policy/entropy'));
  assert.deepEqual(
    columns.filter((column) => !known.has(column)),
    [],
  );
});

test('the glossary names every measure of the recorded evaluations', () => {
  const known = namesBelow('`evaluations.csv`');
  const columns = [...columnsOf('evaluations.csv')].map((c) => c.replace(/\/(low|high)$/, ''));
  assert.ok(columns.includes('consAtK'));
  assert.deepEqual(
    columns.filter((column) => !known.has(column)),
    [],
  );
});

test('the glossary names every recorded setting', () => {
  const known = namesBelow('Settings');
  const settings = names.flatMap((name) => {
    const {
      grpo = {},
      optimizer = {},
      rewards = {},
      ...config
    } = readRunInfo(runFolder(recorded, name))!.config as Record<string, object>;
    return [config, { grpo }, grpo, { optimizer }, optimizer, rewards].flatMap(Object.keys);
  });
  assert.ok(settings.includes('groupSize') && settings.includes('muon'));
  assert.deepEqual(
    [...new Set(settings)].filter((setting) => !known.has(setting)),
    [],
  );
});
