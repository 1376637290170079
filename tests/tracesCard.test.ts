/** The card of data/traces, by which `datasets` finds the splits. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { root } from '../lib/core/files';
import { readTraces } from '../lib/stages/traces';

const folder = path.join(root, 'data/traces');
const card = fs.readFileSync(path.join(folder, 'README.md'), 'utf8');
const [, header = '', text = ''] = card.split(/^---$/m);

test('every file of traces belongs to one split, and the card counts the rows of each', () => {
  const files = fs.readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  assert.deepEqual([...header.matchAll(/[\w-]+\.jsonl/g)].map(String).sort(), files.sort());
  const parts = header.split('      - split: ').slice(1);
  const rows = parts.map((part) => {
    const own = [...part.matchAll(/[\w-]+\.jsonl/g)].map(String);
    const traces = own.flatMap((file) => readTraces(path.join(folder, file)));
    const split = part.split('\n')[0]!;
    assert.ok(text.includes(`| \`${split}\` | ${traces.length.toLocaleString('en')} |`), split);
    return traces.length;
  });
  assert.deepEqual(rows, [400, 10_000, 1200, 400, 5247]);
});

test('the card says what a reward has to read', () => {
  assert.match(text, /reads text without special tokens calls every answer wrong/);
  assert.match(text, /skip_special_tokens=False/);
});
