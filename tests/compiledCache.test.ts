/** Compiled graphs stay on the disk, and what happens to their files there changes no number and stops no run. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { root } from '../lib/core/files';
import { makeRoom } from '../lib/engine/compiledCache';
import { temporaryFolder } from './support/folder';

const folder = path.join(root, 'data/local/compiled');

/** The compiled graphs of all machines. */
const kept = (): string[] =>
  (fs.existsSync(folder) ? fs.readdirSync(folder) : []).flatMap((key) =>
    fs.readdirSync(path.join(folder, key)).map((name) => path.join(folder, key, name)),
  );

function compile(salt: string, settings: NodeJS.ProcessEnv = {}): string {
  const { TF_XLA_FLAGS: _, XLA_FLAGS: __, ...env } = process.env;
  const script = path.join(__dirname, 'support/compileOnce.ts');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', script, salt],
    {
      env: { ...env, ...settings },
      encoding: 'utf8',
      cwd: root,
    },
  );
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

test('a graph is compiled once, is the same from the disk, and is compiled again where its file is damaged', () => {
  const salt = String(Math.random()); // a graph that no earlier test has left
  const before = new Set(kept());
  const first = compile(salt);
  const own = kept().filter((file) => !before.has(file));
  assert.equal(own.length, 1);
  const written = fs.statSync(own[0]!).mtimeMs;
  assert.equal(compile(salt), first);
  assert.equal(fs.statSync(own[0]!).mtimeMs, written);
  fs.truncateSync(own[0]!, 100);
  assert.equal(compile(salt), first);
  assert.ok(!fs.existsSync(own[0]!) || fs.statSync(own[0]!).size !== 100);
  const after = kept().length;
  compile(String(Math.random()), { TF_XLA_FLAGS: '' }); // nothing is kept for who sets the flags
  assert.equal(kept().length, after);
});

test('a graph that was compiled with other settings of XLA is not taken', () => {
  const salt = String(Math.random());
  compile(salt);
  const after = kept().length;
  compile(salt, { XLA_FLAGS: '--xla_cpu_max_isa=SSE4_2' });
  assert.equal(kept().length, after + 1);
});

test('the oldest compiled graphs make room', () => {
  const place = temporaryFolder();
  const names = ['a/1', 'a/2', 'b/3', 'b/4'];
  names.forEach((name, i) => {
    const file = path.join(place, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, 'x'.repeat(10));
    fs.utimesSync(file, 1000 + i, 1000 + i);
  });
  makeRoom(25, place);
  assert.deepEqual(
    names.filter((name) => fs.existsSync(path.join(place, name))),
    ['b/3', 'b/4'],
  );
});
