import { after, mock, test } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { PassThrough } from 'node:stream';
import { compilerArguments, findCompiler } from '../lib/setup/addon.mjs';
import { bundleReadme, trackedFiles } from '../lib/setup/bundle.mjs';
import { parseRequirements, table } from '../lib/setup/doctor.mjs';
import { SetupError, errorLines, failureOf } from '../lib/setup/errors.mjs';
import { folderBytes, hashOf, isWritable } from '../lib/setup/files.mjs';
import { cacheFolder, homeFolder, root } from '../lib/setup/folders.mjs';
import { checkMachine, chooseBuild, nodeWillDo } from '../lib/setup/machine.mjs';
import { hasNpmPackages, installNpmPackages } from '../lib/setup/npmPackages.mjs';
import { checkOut, folderName, pack } from '../lib/setup/pack.mjs';
import { findPython, pythonFolder, pythonOf } from '../lib/setup/python.mjs';
import { findProgram } from '../lib/setup/run.mjs';
import { checkFreeSpace, installTensorflow, tensorflowFolder } from '../lib/setup/tensorflow.mjs';
import { downloadNote, formatSeconds, passOn } from '../lib/setup/terminal.mjs';
import { platformOptions } from '../lib/setup/wheels.mjs';
import type { Build } from '../lib/setup/wheels.mjs';

const shared = fs.mkdtempSync(path.join(os.tmpdir(), 'r1-setup-'));
after(() => fs.rmSync(shared, { recursive: true }));

const temporaryFolder = (): string => fs.mkdtempSync(path.join(shared, 'test-'));

function writeProgram(file: string, text: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

/** Runs some work with environment variables that are put back afterwards. */
async function withEnvironment(
  variables: Record<string, string>,
  work: () => Promise<void>,
): Promise<void> {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    await work();
  } finally {
    for (const name of Object.keys(variables)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
}

test('Node 20.19 is the oldest that will do', () => {
  const versions = ['18.20.4', '20.18.3', '20.19.0', '22.0.0', '24.1.2'];
  assert.deepEqual(versions.map(nodeWillDo), [false, false, true, true, true]);
});

test('an unsupported machine is named, with the fix', () => {
  const good = { node: '22.1.0', platform: 'linux', musl: false, folder: '/my work/#1 %' };
  checkMachine(good);
  const old = { ...good, node: '18.20.4' };
  assert.throws(() => checkMachine(old), /^Error: Node 18\.20\.4 is too old: 20\.19 or newer/);
  assert.throws(() => checkMachine({ ...good, platform: 'win32' }), { fix: /WSL2/ });
  assert.throws(() => checkMachine({ ...good, musl: true }), { fix: /glibc/ });
  assert.throws(() => checkMachine({ ...good, folder: '/a:b' }), /has a colon, .*: \/a:b$/);
});

test('the build follows the GPU, and R1_DEVICE overrules it', () => {
  const device = (asked: string | undefined, gpu: string | undefined, on: string): string =>
    chooseBuild(asked, gpu, on).device;
  assert.equal(device(undefined, undefined, 'linux-x64'), 'cpu');
  assert.equal(device(undefined, 'NVIDIA H100', 'linux-x64'), 'gpu');
  assert.equal(device('cpu', 'NVIDIA H100', 'linux-x64'), 'cpu');
  assert.equal(device('gpu', undefined, 'linux-x64'), 'gpu');
  assert.equal(device('', undefined, 'linux-x64'), 'cpu');
  assert.equal(device(undefined, 'NVIDIA GH200', 'linux-arm64'), 'cpu');
  assert.throws(() => device('gpu', undefined, 'darwin-arm64'), /no GPU build .* darwin-arm64/);
  assert.throws(() => device('tpu', undefined, 'linux-x64'), /invalid R1_DEVICE: tpu/);
  assert.throws(() => device(undefined, undefined, 'darwin-x64'), /no TensorFlow .* darwin-x64/);
});

test('the cache is the same for all clones of a user', () => {
  const known = (): string => '/home/known';
  const cache = (env: NodeJS.ProcessEnv, on = 'linux'): string => cacheFolder(env, on, known);
  assert.equal(cache({ HOME: '/home/ada' }), '/home/ada/.cache/r1-workbook');
  assert.equal(cache({ HOME: '/home/ada', XDG_CACHE_HOME: '/c' }), '/c/r1-workbook');
  assert.equal(cache({ HOME: '/Users/ada' }, 'darwin'), '/Users/ada/Library/Caches/r1-workbook');
  assert.equal(cache({ HOME: '/Users/ada', R1_CACHE: '/big/r1' }, 'darwin'), '/big/r1');
});

test('a HOME that is empty or no full path makes no cache in the working folder', () => {
  const cache = (env: NodeJS.ProcessEnv, known: string): string =>
    cacheFolder(env, 'linux', () => known);
  assert.equal(cache({ HOME: '' }, '/home/ada'), '/home/ada/.cache/r1-workbook');
  assert.equal(cache({ HOME: '/h', XDG_CACHE_HOME: 'c' }, ''), '/h/.cache/r1-workbook');
  const fix = /^set R1_CACHE to a folder/;
  assert.throws(() => cache({ HOME: '' }, ''), { message: 'this user has no home folder', fix });
  assert.throws(() => cache({ HOME: 'h' }, '/home/ada'), {
    message: 'HOME is not a full path: h',
    fix,
  });
  assert.equal(cache({ HOME: '', R1_CACHE: '/big/r1' }, ''), '/big/r1');
});

test('the programs that the set-up starts get a home that can be written', () => {
  const home = temporaryFolder();
  const file = path.join(home, 'file');
  fs.writeFileSync(file, '');
  const choose = (HOME: string | undefined, known: string): string =>
    homeFolder({ HOME }, '/substitute', () => known);
  assert.equal(choose(home, ''), home);
  assert.equal(choose(undefined, home), home);
  assert.equal(choose('', ''), '/substitute');
  assert.equal(choose('.', ''), '/substitute');
  assert.equal(choose(path.join(home, 'missing'), ''), '/substitute');
  assert.equal(choose(path.join(file, 'below'), home), '/substitute');
  assert.equal(isWritable(path.join(home, 'new/folder')), true);
  assert.equal(isWritable(path.join(file, 'below')), false);
});

test('the active conda environment is used, but not conda itself', () => {
  const conda = temporaryFolder();
  writeProgram(path.join(conda, 'bin/python'), 'echo 3.12.1');
  const active = { CONDA_PREFIX: conda, CONDA_DEFAULT_ENV: 'r1-workbook' };
  assert.equal(pythonFolder('/repo', active), conda);
  assert.equal(pythonFolder('/repo', { ...active, CONDA_DEFAULT_ENV: 'base' }), '/repo/.venv');
  assert.equal(pythonFolder('/repo', { ...active, CONDA_PREFIX: '/gone' }), '/repo/.venv');
  assert.equal(pythonFolder('/repo', {}), '/repo/.venv');
});

test('requirements are read from a pip requirements file', () => {
  assert.deepEqual(parseRequirements('# why\njupyterlab==4.6.6\n\nplotly==7.1.0 # chart\n'), [
    { name: 'jupyterlab', version: '4.6.6' },
    { name: 'plotly', version: '7.1.0' },
  ]);
});

test('a hash keeps its parts apart', () => {
  assert.equal(hashOf(['ab', 'c']), hashOf(['ab', 'c']));
  assert.notEqual(hashOf(['ab', 'c']), hashOf(['a', 'bc']));
  assert.match(hashOf([]), /^[0-9a-f]{16}$/);
});

test('what the tools print becomes a cause and a fix', () => {
  const cases: [string, RegExp, RegExp][] = [
    ['npm error code ENOTFOUND\nnpm error network request failed', /no network/, /connection/],
    ["WARNING: Retrying: NewConnectionError('Name unknown')", /no network/, /proxy settings/],
    ['ERROR: [Errno 28] No space left on device', /disk is full/, /^free some space/],
    ['THESE PACKAGES DO NOT MATCH THE HASHES', /wrong checksum and was deleted/, /^run the same/],
    ['No matching distribution found for plotly==7.1.0', /does not offer/, /pip config list/],
    ['[SSL: CERTIFICATE_VERIFY_FAILED]', /certificate is missing/, /^set PIP_CERT/],
    ['/usr/bin/python3: No module named pip', /has no pip/, /^install pip/],
    ["EACCES: permission denied, mkdir '/c'", /no permission to write/, /R1_CACHE/],
    ['a\nb\nodd', /failed:\n {2}a\n {2}b\n {2}odd/, /^put right what it says/],
  ];
  for (const [output, cause, fix] of cases) {
    const error = failureOf('pip', output);
    assert.match(error.message, cause);
    assert.match(error.fix, fix);
  }
});

test('of a long output the error lines are shown', () => {
  const output = 'In file included from a.cc:1\na.cc:2: fatal error: no b.h\n  2 | #include\nend';
  assert.deepEqual(errorLines(output), ['a.cc:2: fatal error: no b.h']);
  assert.deepEqual(errorLines('1\n2\n\n3\n4\n'), ['2', '3', '4']);
  assert.deepEqual(errorLines(' \n'), ['it printed nothing']);
});

test('progress is told in megabytes and time left', () => {
  assert.equal(downloadNote(100e6, 300, 10), '100 of 300 MB, 20 s left');
  assert.equal(downloadNote(0, 300, 1), '0 of 300 MB');
  assert.equal(downloadNote(400e6, 300, 60), '300 of 300 MB, 0.0 s left');
  assert.deepEqual([0.44, 9.96, 125].map(formatSeconds), ['0.4 s', '10 s', '2 min 05 s']);
});

test('too little room is said before anything is downloaded', () => {
  const build = { downloadMB: 100, unpackedMB: 300 };
  checkFreeSpace('/cache', build, 400e6);
  assert.throws(
    () => checkFreeSpace('/cache', build, 399e6),
    /not enough room in \/cache: 0\.4 GB free, 0\.4 GB needed/,
  );
});

test('the compiler line names the library of the platform', () => {
  const linux = compilerArguments('/c/tf', 'linux');
  assert.ok(linux.includes('/c/tf/tensorflow/libtensorflow_cc.so.2'));
  assert.ok(linux.includes('-Wl,-rpath,/c/tf/tensorflow'));
  assert.ok(!linux.includes('dynamic_lookup'));
  const mac = compilerArguments('/c/tf', 'darwin');
  assert.ok(mac.includes('/c/tf/tensorflow/libtensorflow_framework.2.dylib'));
  assert.ok(mac.includes('dynamic_lookup'));
});

test('the compiler is CXX, or found on the PATH, or left to Zig', () => {
  const folder = temporaryFolder();
  assert.equal(findCompiler({ PATH: folder }), undefined);
  writeProgram(path.join(folder, 'clang++'), '');
  assert.deepEqual(findCompiler({ PATH: folder }), [path.join(folder, 'clang++')]);
  assert.deepEqual(findCompiler({ PATH: folder, CXX: 'ccache g++' }), ['ccache', 'g++']);
  assert.equal(findCompiler({ PATH: folder, CXX: 'zig' }), undefined);
});

test('a program is found in the order of the PATH', () => {
  const [first, second] = [temporaryFolder(), temporaryFolder()];
  writeProgram(path.join(second, 'tool'), '');
  fs.writeFileSync(path.join(first, 'tool'), 'not executable', { mode: 0o644 });
  const searchPath = `${first}:${second}`;
  assert.equal(findProgram(['tool'], searchPath), path.join(second, 'tool'));
  assert.equal(findProgram(['nothing', 'tool'], searchPath), path.join(second, 'tool'));
  assert.equal(findProgram(['nothing'], searchPath), undefined);
});

test('an interrupted npm install is redone, a finished one skipped', async () => {
  const folder = temporaryFolder();
  fs.writeFileSync(path.join(folder, 'package-lock.json'), '{"a": 1}');
  const npm = path.join(folder, 'bin/npm');
  const calls = (): number =>
    fs.readdirSync(path.join(folder, 'node_modules')).filter((name) => /^call/.test(name)).length;
  const log = 'mkdir -p node_modules && : > node_modules/call$(ls node_modules | wc -l)';
  await withEnvironment({ PATH: `${path.dirname(npm)}:${process.env.PATH}` }, async () => {
    writeProgram(npm, `${log}; kill -9 $$`);
    await assert.rejects(installNpmPackages(folder), SetupError);
    assert.equal(hasNpmPackages(folder), false);
    assert.equal(calls(), 1);
    writeProgram(npm, log);
    await installNpmPackages(folder);
    assert.equal(hasNpmPackages(folder), true);
    assert.equal(calls(), 2);
    await installNpmPackages(folder);
    assert.equal(calls(), 2);
    fs.writeFileSync(path.join(folder, 'package-lock.json'), '{"a": 2}');
    await installNpmPackages(folder);
    assert.equal(calls(), 3);
  });
});

test('a Python that is too old is passed over, and named when there is no other', async () => {
  const folder = temporaryFolder();
  writeProgram(path.join(folder, 'python3'), 'echo 3.9.6');
  await withEnvironment({ PATH: folder }, async () => {
    await assert.rejects(findPython(), /Python 3\.9\.6 .* is too old: 3\.10 or newer/);
    writeProgram(path.join(folder, 'python3.12'), 'echo 3.12.1');
    assert.equal(await findPython(), path.join(folder, 'python3.12'));
  });
});

/** Makes a wheel like TensorFlow's with three files, and its checksum. Python writes it, because it can write zip files. */
function makeWheel(folder: string, python: string): string {
  const name = 'tensorflow_cpu-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl';
  const script = `
import sys, zipfile
info = 'tensorflow_cpu-2.21.0.dist-info/'
with zipfile.ZipFile(sys.argv[1], 'w') as wheel:
    wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: tensorflow-cpu\\nVersion: 2.21.0\\n')
    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\nTag: cp312-cp312-manylinux_2_27_x86_64\\n')
    wheel.writestr(info + 'RECORD', '')
    wheel.writestr('tensorflow/libtensorflow_cc.so.2', 'library')
    wheel.writestr('tensorflow/include/tensorflow/c/c_api.h', 'header')
    wheel.writestr('tensorflow/python/big.py', 'not wanted')
    tool = zipfile.ZipInfo('nvidia/bin/ptxas')
    tool.external_attr = 0o755 << 16
    wheel.writestr(tool, 'tool')
`;
  const file = path.join(folder, name);
  assert.equal(spawnSync(python, ['-c', script, file]).status, 0);
  return createHash('sha256').update(fs.readFileSync(file)).digest('hex');
}

test('a wheel is unpacked only with the right checksum, and leaves nothing else behind', async () => {
  const shelf = temporaryFolder();
  const cache = temporaryFolder();
  const environment = pythonOf(pythonFolder(root));
  const python = fs.existsSync(environment) ? environment : await findPython();
  const checksum = makeWheel(shelf, python);
  const build = (sha256: string): Build => ({
    device: 'cpu',
    tags: ['manylinux_2_27_x86_64'],
    downloadMB: 1,
    unpackedMB: 1,
    requirements: [`tensorflow-cpu==2.21.0 --hash=sha256:${sha256}`],
  });
  const offline = { PIP_NO_INDEX: '1', PIP_FIND_LINKS: shelf, PIP_CONFIG_FILE: os.devNull };
  await withEnvironment(offline, async () => {
    const wrong = build(checksum.replace(/^./, (digit) => (digit === '0' ? '1' : '0')));
    await assert.rejects(installTensorflow(cache, wrong, python), /wrong checksum and was deleted/);
    assert.deepEqual(fs.readdirSync(cache), []);
    // A set-up that was killed leaves these files.
    fs.mkdirSync(path.join(cache, 'unfinished/unpacked/tensorflow'), { recursive: true });
    fs.writeFileSync(path.join(cache, 'unfinished/unpacked/tensorflow/libtensorflow_old'), 'half');
    await installTensorflow(cache, build(checksum), python);
  });
  const folder = tensorflowFolder(cache, build(checksum));
  assert.deepEqual(fs.readdirSync(cache), [path.basename(folder)]);
  assert.deepEqual(fs.readdirSync(folder).sort(), ['nvidia', 'tensorflow']);
  assert.deepEqual(fs.readdirSync(path.join(folder, 'tensorflow')).sort(), [
    'include',
    'libtensorflow_cc.so.2',
  ]);
  assert.equal(fs.statSync(path.join(folder, 'nvidia/bin/ptxas')).mode & 0o777, 0o755);
  assert.equal(folderBytes(folder), 'library'.length + 'header'.length + 'tool'.length);
});

test('doctor marks what is missing and tells the fix', () => {
  const text = table([
    { name: 'Node', value: '22.1.0' },
    { name: 'addon', value: 'not built', fix: 'npm run setup' },
  ]);
  assert.equal(
    text,
    `  Node              22.1.0
x addon             not built
                    fix: npm run setup

missing or broken: 1, marked with x`,
  );
});

test('an unknown command is one line with the fix, and exit code 1', () => {
  const main = path.join(root, 'lib/setup/main.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'strat'], {
    encoding: 'utf8',
  });
  assert.equal(status, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /^error: unknown command: strat\n {2}fix: use one of .*start/);
});

const withoutGit = findProgram(['git']) ? false : 'no git on the PATH';

test('a bundle holds what git tracks and is there', { skip: withoutGit }, async () => {
  const folder = temporaryFolder();
  await assert.rejects(trackedFiles(folder), /is no git clone/);
  const git = (...args: string[]): unknown => spawnSync('git', ['-C', folder, ...args]);
  git('init', '-q');
  fs.mkdirSync(path.join(folder, 'lib'));
  for (const file of ['README.md', 'lib/a ü.ts', 'removed.ts', 'untracked.log'])
    fs.writeFileSync(path.join(folder, file), '');
  git('add', 'README.md', 'lib', 'removed.ts');
  fs.rmSync(path.join(folder, 'removed.ts'));
  assert.deepEqual(await trackedFiles(folder), ['README.md', 'lib/a ü.ts']);
});

test('an older bundle is replaced, any other file is left alone', async () => {
  const parent = temporaryFolder();
  const file = path.join(temporaryFolder(), 'new/bundle.tar.gz');
  checkOut(file);
  fs.mkdirSync(path.join(parent, folderName));
  const text = 'x'.repeat(300_000);
  fs.writeFileSync(path.join(parent, folderName, 'a.txt'), text);
  let bytes = 0;
  await pack(parent, file, (count) => (bytes = count));
  assert.ok(bytes > text.length);
  checkOut(file);
  const listed = spawnSync('tar', ['-tzf', file], { encoding: 'utf8' }).stdout;
  assert.deepEqual(listed.trim().split('\n'), [`${folderName}/`, `${folderName}/a.txt`]);
  const other = path.join(parent, 'mine.tar.gz');
  spawnSync('tar', ['-czf', other, '-C', path.join(parent, folderName), '.']);
  assert.throws(() => checkOut(other), /mine\.tar\.gz is there already and is no bundle/);
  fs.writeFileSync(other, 'a letter');
  assert.throws(() => checkOut(other), { fix: /--out FILE/ });
  assert.throws(() => checkOut(path.join(parent, 'bundle.zip')), /invalid name of a bundle/);
  // A pack that fails leaves the older bundle as it was, and no other file.
  await assert.rejects(
    pack(path.join(parent, 'nowhere'), file, () => 0),
    SetupError,
  );
  checkOut(file);
  assert.deepEqual(fs.readdirSync(path.dirname(file)), ['bundle.tar.gz']);
});

test('a bundle says which machines it is for', () => {
  const text = bundleReadme('linux-x64', 'abc1234');
  assert.match(text, /for \*\*linux-x64\*\* and for nothing else: .* glibc 2\.28 or newer/);
  assert.match(text, /Python\s3\.10 to 3\.14/);
  assert.ok(platformOptions('linux-arm64').includes('--platform=manylinux_2_28_aarch64'));
  assert.ok(!platformOptions('linux-x64').includes('--platform=manylinux_2_34_x86_64'));
  assert.deepEqual(platformOptions('darwin-arm64'), ['--platform=macosx_12_0_arm64']);
});

test('what a command writes to its standard error arrives as it comes, without the noise of TensorFlow', async () => {
  const written: string[] = [];
  const write = mock.method(process.stderr, 'write', (text: string) => written.push(text) > 0);
  const stream = new PassThrough();
  passOn(stream);
  const noise =
    'WARNING: before absl::InitializeLog() is called\nI0000 oneDNN custom operations are on.\n';
  for (const text of ['.', `kept\n${noise}error: é`, '.\n']) {
    stream.write(text);
    await new Promise(setImmediate);
  }
  write.mock.restore();
  assert.deepEqual(written, ['.', 'kept\nerror: é', '.\n']);
});
