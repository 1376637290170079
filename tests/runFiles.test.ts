/** Files of a run that a disk, an editor or a killed process has changed: read as they were meant, or refused in one line. */
import './support/withoutXla';
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { readEvaluations, readMetrics, readRollouts, readRunInfo, removeLeftovers, Run, stateFile, type RunInfo, type RunPlan } from '../lib/runs/run'; // prettier-ignore
import { readPreferences } from '../lib/stages/preferences';
import { readTraces } from '../lib/stages/traces';
import { temporaryFolder } from './support/folder';

const folder = path.join(temporaryFolder(), 'a 🐤 run');
fs.mkdirSync(folder);
const mark = '\ufeff';
const plan: RunPlan = { stage: 'base', size: 'tiny', seed: 0, config: { rate: 1 }, versions: {} };
const info: RunInfo = {
  ...plan,
  commit: 'abc',
  finished: false,
  steps: 2,
  seconds: 1.5,
  tokens: 9,
};
const json = JSON.stringify(info, null, 2);

function write(name: string, content: string | Uint8Array): string {
  const file = path.join(folder, name);
  fs.writeFileSync(file, content);
  return file;
}

/** A file's content, and what its reader makes of it: a value, or the end of the one line that it is refused with. */
type Case = readonly [name: string, content: string | Uint8Array, result: string | object];

function tryCases(file: string, cases: readonly Case[], read: () => unknown): void {
  for (const [name, content, result] of cases)
    test(`${file}, ${name}: ${typeof result === 'string' ? 'refused' : 'read'}`, () => {
      const where = write(file, content);
      if (typeof result !== 'string') return assert.deepEqual(read(), result);
      assert.throws(read, { name: 'UserError', message: `${where}${result}` });
    });
}

const again = `copy it again, or remove ${folder}`;
tryCases(
  'run.json',
  [
    ['with a byte-order mark and CRLF', mark + json.replaceAll('\n', '\r\n'), info],
    ['with an emoji in it', json.replace('abc', '🐤'), { ...info, commit: '🐤' }],
    ['empty', '', ` is damaged (it is no JSON): ${again}`],
    ['cut', json.slice(0, 60), ` is damaged (it is no JSON): ${again}`],
    ['null', 'null', ` is damaged (it is no object): ${again}`],
    ['a list', '[]', ` is damaged (it is no object): ${again}`],
    ['without steps', JSON.stringify({ ...info, steps: undefined }), ` is damaged (steps is missing): ${again}`],
    ['with a text for steps', JSON.stringify({ ...info, steps: '2' }), ` is damaged (steps is "2"): ${again}`],
    ['with half a seed', JSON.stringify({ ...info, seed: 0.5 }), ` is damaged (seed is 0.5): ${again}`],
    ['nested 20,000 deep', json.replace('"rate": 1', `"rate": ${'['.repeat(2e4)}${']'.repeat(2e4)}`), ` is damaged (config is an object): ${again}`],
    ['of a newer version', JSON.stringify({ ...info, format: 2 }), ' is of a newer version of this project: update with git pull'],
    ['in UTF-16', Buffer.from(mark + json, 'utf16le'), ' is no text in UTF-8: make or copy it again'],
  ],
  () => readRunInfo(folder),
); // prettier-ignore

const rows = [{ step: 0, loss: 1.5 }, { step: 1, loss: null }]; // prettier-ignore
const table = 'step,loss\n0,1.5\n1,\n';
const setFinished = (finished: boolean): void => {
  write('run.json', JSON.stringify({ ...info, finished }));
};
tryCases(
  'metrics.csv',
  [
    ['with a byte-order mark and CRLF', mark + table.replaceAll('\n', '\r\n'), rows],
    ['with empty lines', table.replace('\n', '\n\n\r\n'), rows],
    ['with half a line at its end, of a run that goes on', table + '2,0.7', rows],
    ['with half a header, of a run that goes on', 'step,lo', ' is empty: copy it again, or remove ' + folder],
    ['empty', '', ` is empty: ${again}`],
    ['with a cell too many', table + '2,1,7\n', ', line 4 has 3 cells, its header 2: make or copy it again'],
    ['with a cell too few', '\n' + table + '2\n', ', line 5 has 1 cells, its header 2: make or copy it again'],
    ['with a quote that is not closed', 'step,loss\n0,"1\n1,2\n', ', line 2 is cut off or has a stray quote: make or copy it again'],
    ['with a text for a number', table + '2,half\n', ', line 4: loss is "half", which is no number: make or copy it again'],
    ['with an infinite number', table + '2,1e999\n', ', line 4: loss is "1e999", which is no number: make or copy it again'],
    ['with a hexadecimal number', table + '0x2,1\n', ', line 4: step is "0x2", which is no number: make or copy it again'],
    ['with half a step', table + '1.5,1\n', `, row 3 has no step: ${again}`],
    ['with two columns of one name', 'step,step\n0,1\n', ' has two columns step: make or copy it again'],
  ],
  () => {
    setFinished(false);
    return readMetrics(folder);
  },
); // prettier-ignore

tryCases(
  'evaluations.csv',
  [
    ['with texts', 'step,task,language,waits\n0,units,en,2\n', [{ step: 0, task: 'units', language: 'en', waits: 2 }]],
    ['with half a line at its end, of a finished run', 'step,task\n0,units\n2,un', ', line 3 is cut off or has a stray quote: make or copy it again'],
    ['without a step', 'step,task\n,units\n', `, row 1 has no step: ${again}`],
  ],
  () => {
    setFinished(true);
    return readEvaluations(folder);
  },
); // prettier-ignore

const rollout = { step: 0, split: 'train', task: 'units', level: 0, language: 'en', prompt: 'a 🐤', completion: 'b', reward: { total: 1 }, correct: true }; // prettier-ignore
const line = JSON.stringify(rollout) + '\n';
tryCases(
  'rollouts.jsonl',
  [
    ['with a byte-order mark, CRLF and empty lines', mark + line.replace('\n', '\r\n') + '\r\n \n' + line, [rollout, rollout]],
    ['empty', '', []],
    ['with half a line at its end, of a run that goes on', line + line.slice(0, 40), [rollout]],
    ['with half a line in it', line + '\n' + line.slice(0, 40) + '\n' + line, `, line 3 is no record (it is no JSON): ${again}`],
    ['with a completion that is 3', line + JSON.stringify({ ...rollout, completion: 3 }) + '\n', `, line 2 is no record (completion is 3): ${again}`],
    ['with a reward that is no number', JSON.stringify({ ...rollout, reward: { total: null } }) + '\n', `, line 1 is no record (reward is an object): ${again}`],
  ],
  () => {
    setFinished(false);
    return readRollouts(folder);
  },
); // prettier-ignore

const trace = { kind: 'reasoning', task: 'units', level: 0, language: 'en', prompt: 'make 3 : 1 2 _', completion: '<think> yes <eos>' }; // prettier-ignore
const traceLine = JSON.stringify(trace) + '\n';
const anew = 'collect them anew, or remove that line';
tryCases(
  'traces.jsonl',
  [
    ['with a byte-order mark and CRLF', mark + traceLine.replace('\n', '\r\n') + traceLine, [trace, trace]],
    ['with a completion that is 3', traceLine + JSON.stringify({ ...trace, completion: 3 }), `, line 2 is no trace (completion is 3): ${anew}`],
    ['in a language that there is not', JSON.stringify({ ...trace, language: 'fr' }), `, line 1 is no trace (language is "fr"): ${anew}`],
    ['with half a line at its end', traceLine + traceLine.slice(0, 30), `, line 2 is no trace (it is no JSON): ${anew}`],
  ],
  () => readTraces(path.join(folder, 'traces.jsonl')),
); // prettier-ignore

const label = { task: 'general', language: 'en', prompt: 'say 1 2 please :', a: 'glad', b: '3', label: 1, by: 'me', seed: 0 }; // prettier-ignore
tryCases(
  'labels.jsonl',
  [
    ['with a byte-order mark', mark + JSON.stringify(label), [label]],
    ['with a label that is 2', JSON.stringify({ ...label, label: 2 }), ', line 1 is no preference (label is 2): mend or remove that line'],
    ['with an answer that is missing', `\n${JSON.stringify({ ...label, a: undefined })}`, ', line 2 is no preference (a is missing): mend or remove that line'],
  ],
  () => readPreferences(path.join(folder, 'labels.jsonl')),
); // prettier-ignore

test('a run of more rollouts than the stack has room for goes on', () => {
  const many = path.join(folder, 'many');
  fs.mkdirSync(many);
  const lines = 130_000;
  fs.writeFileSync(path.join(many, 'run.json'), JSON.stringify({ ...info, steps: 1 }));
  fs.writeFileSync(path.join(many, 'metrics.csv'), 'step\n0\n');
  fs.writeFileSync(path.join(many, 'rollouts.jsonl'), line.repeat(lines));
  fs.writeFileSync(stateFile(many, 1), 'x');
  const { run } = Run.open(many, plan);
  assert.equal(run.rollouts.length, lines);
  run.close();
});

test('what a killed process has left is removed at the next opening, and when the run is finished', () => {
  const own = path.join(folder, 'left');
  const first = Run.open(own, plan).run;
  first.metrics.push({ step: 0, loss: 1 });
  first.save(1, Uint8Array.from([1]));
  first.close();
  const sound = fs.readdirSync(own).sort();
  const leave = (...names: string[]): void => names.forEach((name) => fs.writeFileSync(path.join(own, name), 'half')); // prettier-ignore
  const left = ['run.json.7.tmp', 'checkpoint-1.safetensors.7.tmp', 'checkpoint-2.safetensors'];
  leave(...left, 'notes.tmp');
  const { run, saved } = Run.open(own, plan);
  assert.deepEqual([...saved!.state], [1]);
  assert.deepEqual(fs.readdirSync(own).sort(), [...sound, 'notes.tmp', 'run.lock'].sort());
  run.finish(1);
  leave(...left, 'checkpoint-1.safetensors', 'run.lock'); // as if the process was killed while it finished
  removeLeftovers(own);
  assert.deepEqual(fs.readdirSync(own).sort(), ['metrics.csv', 'notes.tmp', 'run.json']);
});
