/** What other programs read of a run: the events of TensorBoard, and a table. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { parseCsv } from '../lib/core/csv';
import { logKindNamed } from '../lib/runs/log';
import { Run } from '../lib/runs/run';
import { eventFile, eventsOf } from '../lib/runs/tensorboard';
import { temporaryFolder } from './support/folder';

/** CRC-32C bit by bit, as TFRecord keeps it. */
function maskedSum(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** The data of the records of a file, whose check sums are looked at. */
function recordsOf(bytes: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = Number(bytes.readBigUInt64LE(at));
    const data = bytes.subarray(at + 12, at + 12 + length);
    assert.equal(bytes.readUInt32LE(at + 8), maskedSum(bytes.subarray(at, at + 8)));
    assert.equal(bytes.readUInt32LE(at + 12 + length), maskedSum(data));
    records.push(data);
    at += 16 + length;
  }
  return records;
}

test('the check sum is that of the standard', () => {
  assert.equal(maskedSum(Buffer.from('123456789')), 0xc78ab0e5);
});

test('an event says when, at which step, and one number, in the bytes of the format', () => {
  const rows = [{ step: 300, seconds: 2, 'a/b': 1, none: null, text: 'x' }];
  const [version, scalar, ...others] = recordsOf(Buffer.from(eventsOf(rows, -2, true)));
  assert.deepEqual(others, []);
  const [time, tag, value] = ['090000000000000000', '0a03612f62', '150000803f'];
  assert.equal(scalar!.toString('hex'), `${time}10ac022a0c0a0a${tag}${value}`);
  assert.equal(version!.toString('hex'), `09${'00000000000000c0'}10001a0d${Buffer.from('brain.Event:2').toString('hex')}`); // prettier-ignore
  assert.equal(recordsOf(Buffer.from(eventsOf(rows, 0, false))).length, 1);
});

const plan = { stage: 'x', size: 'tiny', seed: 0, config: {}, versions: {} };

test('the log of a run grows as the run is saved, and is whole again after it was resumed', () => {
  const folder = path.join(temporaryFolder(), 'run');
  const count = (): number => recordsOf(fs.readFileSync(path.join(folder, 'tensorboard', eventFile))).length; // prettier-ignore
  const { run } = Run.open(folder, plan);
  run.logTo('tensorboard');
  run.metrics.push({ step: 0, seconds: 1, loss: 3, rate: 0.1 });
  run.save(1, new Uint8Array(1));
  assert.equal(count(), 3);
  run.metrics.push({ step: 1, seconds: 2, loss: 2, rate: 0.1 });
  run.evaluations.push({ step: 1, task: 'units', level: 0, language: null, passAt1: 0.5 });
  run.save(2, new Uint8Array(1));
  assert.equal(count(), 6);
  run.close();
  const again = Run.open(folder, plan).run;
  again.logTo('tensorboard');
  again.metrics.push({ step: 2, seconds: 3, loss: 1, rate: 0.1 });
  again.finish(3);
  assert.equal(count(), 8);
  const all = fs.readFileSync(path.join(folder, 'tensorboard', eventFile), 'latin1');
  assert.match(all, /held-out\/units-0\/passAt1/);
});

test('the table has the columns of W&B and trackio', () => {
  const folder = path.join(temporaryFolder(), 'run');
  const { run } = Run.open(folder, plan, 1_000_000_000_250);
  run.logTo('csv');
  run.metrics.push({ step: 0, seconds: 1.5, loss: 3 });
  run.finish(1);
  const [row] = parseCsv(fs.readFileSync(path.join(folder, 'history.csv'), 'utf8'));
  assert.deepEqual(row, { _step: 0, _runtime: 1.5, _timestamp: 1_000_000_001.75, loss: 3 });
  assert.throws(() => logKindNamed('wandb'), /unknown log wandb: use tensorboard or csv/);
});
