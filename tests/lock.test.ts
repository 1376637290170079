/** Two processes at one run: who has it, and what becomes of the lock of one that has ended. */
import './support/withoutXla';
import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { root } from '../lib/core/files';
import { lockFile, RunHeld, takeLock, type Owner } from '../lib/runs/lock';
import { readRunInfo, Run, type RunPlan } from '../lib/runs/run';
import { openRun } from '../lib/stages/loop/openRun';
import { runFolder } from '../lib/stages/places';
import { contents, temporaryFolder } from './support/folder';

const place = temporaryFolder();
const plan: RunPlan = { stage: 'base', size: 'tiny', seed: 0, config: {}, versions: {} };
const folderOf = (name: string): string => path.join(place, name);

/** Starts another process that takes the lock of a folder and keeps it until it is killed. */
async function otherProcess(t: TestContext, folder: string): Promise<ChildProcess> {
  const program = `require('./lib/runs/lock.ts').takeLock(process.argv[1]); console.log('held'); setInterval(() => {}, 1000);`;
  const args = ['--require', 'tsx/cjs', '-e', program, folder];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout!, 'data');
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test('the second process is told who has the run and since when, and takes it over when the first has ended', async (t) => {
  const folder = folderOf('two');
  const child = await otherProcess(t, folder);
  const before = contents(folder);
  assert.throws(
    () => Run.open(folder, plan),
    (error: Error) => {
      assert.ok(error instanceof RunHeld);
      const [, since] = /, since (.*) UTC: /.exec(error.message)!;
      assert.equal(
        error.message,
        `${folder} is made by process ${child.pid} on ${os.hostname()}, since ${since} UTC: wait for it (R1_WAIT=1 waits), or watch its metrics.csv`,
      );
      assert.ok(Math.abs(Date.parse(`${since!.replace(' ', 'T')}Z`) - Date.now()) < 120_000);
      return true;
    },
  );
  assert.deepEqual(contents(folder), before);
  await killed(child);
  assert.deepEqual(contents(folder), before);
  const { run } = Run.open(folder, plan);
  assert.equal(ownerOf(folder).pid, process.pid);
  run.finish(0);
  assert.deepEqual(fs.readdirSync(folder), ['run.json']);
});

const ownerOf = (folder: string): Owner =>
  JSON.parse(fs.readFileSync(lockFile(folder), 'utf8')) as Owner;

/** The lock that this process would have on a folder. */
function ownLock(folder: string): Owner {
  const lock = takeLock(folder);
  const owner = ownerOf(folder);
  lock.free();
  return owner;
}

const ended = spawnSync(process.execPath, ['-e', '']).pid;
/** Process 1 of the machine, or of its container, lives as long as it does. */
const living = 1;

const ends: [name: string, owner: Partial<Owner>, said: RegExp | null][] = [
  ['a process that has ended', { pid: ended }, null],
  ['a process from before the machine was started anew', { pid: living, boot: 'other' }, null],
  ['a number that another process has now', { pid: living, started: '1' }, null],
  ['this process, which has given it back', {}, null],
  ['another machine', { host: 'far' }, /is made by process \d+ on the machine far, since .* UTC: wait for it, or remove \S+run\.lock if it has ended there$/],
  ['another container', { numbering: 'pid:[1]' }, /is made by process \d+ on \S+, in another container, since /],
]; // prettier-ignore

for (const [name, changes, said] of ends)
  test(`the lock of ${name} is ${said ? 'respected' : 'taken over'}`, () => {
    const folder = folderOf(name.replaceAll(' ', '-'));
    const owner = { ...ownLock(folder), ...changes };
    fs.mkdirSync(folder);
    fs.writeFileSync(lockFile(folder), JSON.stringify(owner) + '\n');
    if (said) return assert.throws(() => takeLock(folder), { name: 'RunHeld', message: said });
    const lock = takeLock(folder);
    assert.equal(ownerOf(folder).pid, process.pid);
    assert.deepEqual(fs.readdirSync(folder), ['run.lock']);
    lock.check();
    lock.free();
    assert.ok(!fs.existsSync(folder));
  });

test('half a lock is just being written, or was left so: it is taken over after a moment', () => {
  for (const half of ['', '{"pid":1,"host":"a']) {
    const folder = folderOf('half');
    fs.mkdirSync(folder);
    fs.writeFileSync(lockFile(folder), half);
    takeLock(folder).free();
    assert.ok(!fs.existsSync(folder));
  }
});

test('a lock that becomes whole while another process looks at it is not taken over', async () => {
  const folder = folderOf('becomes');
  fs.mkdirSync(folder);
  fs.writeFileSync(lockFile(folder), '');
  // This process waits without a turn of its loop, so another one writes the text.
  const owner = JSON.stringify({ pid: 1, host: 'elsewhere', boot: '', numbering: '', started: '', since: '2026-01-01T00:00' }); // prettier-ignore
  const writer = spawn('sh', ['-c', `sleep 0.2; printf '%s' '${owner}' > '${lockFile(folder)}'`]);
  assert.throws(() => takeLock(folder), { name: 'RunHeld', message: /on the machine elsewhere/ });
  await once(writer, 'exit');
  assert.equal(fs.readFileSync(lockFile(folder), 'utf8'), owner);
});

test('a run that was taken away writes nothing more', () => {
  const folder = folderOf('taken');
  const { run } = Run.open(folder, plan);
  run.save(0, Uint8Array.from([1]));
  fs.writeFileSync(lockFile(folder), JSON.stringify({ ...ownerOf(folder), pid: living }) + '\n');
  const before = contents(folder);
  const message = `${folder} was taken over while this process made it: nothing more is written by this one`;
  assert.throws(() => run.save(1, Uint8Array.from([2])), { name: 'UserError', message });
  assert.throws(() => run.finish(1), { name: 'UserError', message });
  run.close();
  assert.deepEqual(contents(folder), before);
});

const about = { stage: 'wait', size: 'tiny', seed: 0, place };

test('with R1_WAIT=1 a stage begins when the other process has ended', async (t) => {
  const folder = runFolder(place, 'tiny-wait-s0');
  const log = t.mock.method(console, 'log', () => {});
  const child = await otherProcess(t, folder);
  await assert.rejects(
    openRun(about, {}, async () => {}),
    { name: 'RunHeld' },
  );
  process.env.R1_WAIT = '1';
  t.after(() => delete process.env.R1_WAIT);
  const opened = openRun(about, {}, ({ run }) => Promise.resolve(run.finish(0).finished));
  setTimeout(() => void killed(child), 100);
  assert.equal(await opened, true);
  const said = log.mock.calls.map(({ arguments: [line] }) => String(line));
  assert.equal(said.length, 1);
  assert.match(said[0]!, /^waiting: \S+tiny-wait-s0 is made by process \d+ on /);
});

test('a run that goes on elsewhere says what differs, and tidies up', async (t) => {
  const log = t.mock.method(console, 'log', () => {});
  const name = 'tiny-elsewhere-s0';
  const of = { ...about, stage: 'elsewhere' };
  await openRun(of, { rate: 1 }, ({ run }) => Promise.resolve(run.save(0, Uint8Array.from([1]))));
  const file = path.join(runFolder(place, name), 'run.json');
  const info = readRunInfo(path.dirname(file))!;
  const versions = { ...info.versions, threads: '96' };
  fs.writeFileSync(file, JSON.stringify({ ...info, versions, commit: 'abc' }));
  const left = [`runs/${name}/run.json`, `checkpoints/${name}/config.json`, `traces/${name}.jsonl`, `preferences/${name}.jsonl`]; // prettier-ignore
  for (const half of left) {
    fs.mkdirSync(path.dirname(path.join(place, half)), { recursive: true });
    fs.writeFileSync(path.join(place, `${half}.${ended}.tmp`), 'ha');
  }
  const other = path.join(place, `traces/tiny-another-s0.jsonl.${ended}.tmp`);
  fs.writeFileSync(other, 'of another run');
  await assert.rejects(
    openRun(of, { rate: 2 }, async () => {}),
    {
      message: `${path.dirname(file)} holds a run with other settings (config.rate 1, now 2): remove it or name another`,
    },
  );
  assert.equal(log.mock.callCount(), 0);
  await openRun(of, { rate: 1 }, async () => {});
  assert.deepEqual(
    log.mock.calls.map(({ arguments: [line] }) => String(line)),
    [
      `${name} goes on, but not as it began (threads "96", now "${os.availableParallelism()}"; commit "abc", now "${info.commit}"): the last digits of its numbers may differ`,
    ],
  );
  const names = fs.readdirSync(place, { recursive: true, encoding: 'utf8' });
  assert.deepEqual(
    names.filter((one) => one.endsWith('.tmp')),
    [path.relative(place, other)],
  );
});
