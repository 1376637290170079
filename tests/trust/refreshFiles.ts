/**
 * Writes the tokenizer's files and `generation_config.json` of every recorded checkpoint anew, in the form that a new
 * checkpoint gets. Weights and `config.json` stay as they are. With folders as arguments it does the same to these.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { root, writeFileAtomic } from '../../lib/core/files';
import { staleFiles } from './staleFiles';

const checkpoints = path.join(root, 'data/checkpoints');
const recorded = fs.readdirSync(checkpoints).map((name) => path.join(checkpoints, name));
const asked = process.argv.slice(2);

for (const folder of asked.length > 0 ? asked : recorded) {
  if (!fs.existsSync(path.join(folder, 'config.json'))) continue;
  const stale = staleFiles(folder);
  for (const [name, text] of stale) writeFileAtomic(path.join(folder, name), text);
  if (stale.length > 0) console.log(`${folder}: ${stale.map(([name]) => name).join(', ')}`);
}
