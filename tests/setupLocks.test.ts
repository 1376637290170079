/** What keeps two set-ups apart, and what pins every file that the set-up downloads. */
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parseRequirements } from '../lib/setup/doctor.mjs';
import { root } from '../lib/setup/folders.mjs';
import { lockText, withLock } from '../lib/setup/lock.mjs';
import {
  compilerLock,
  findPython,
  ownLock,
  lockedOnly,
  requirementsFile,
  requirementsLock,
} from '../lib/setup/python.mjs';
import { conditionOf, isSupportedWheel } from '../lib/setup/renew.mjs';
import { builds, tensorflowVersion } from '../lib/setup/wheels.mjs';

const shared = fs.mkdtempSync(path.join(os.tmpdir(), 'r1-locks-'));
after(() => fs.rmSync(shared, { recursive: true }));

const temporaryFolder = (): string => fs.mkdtempSync(path.join(shared, 'test-'));

/** Returns what is in the lock while this process holds it, and whether it had to wait for that. */
async function takeLock(
  folder: string,
  onWait: (holder: string) => void = () => {},
): Promise<{ text: string; waits: string[] }> {
  const waits: string[] = [];
  const read = async (): Promise<string> => fs.readFileSync(path.join(folder, 'lock'), 'utf8');
  const wait = (holder: string): void => {
    waits.push(holder);
    onWait(holder);
  };
  const text = await withLock(folder, read, wait, 200);
  assert.deepEqual(fs.readdirSync(folder), []);
  return { text, waits };
}

test('a lock of a dead process is taken over, a live one waited for', async () => {
  const folder = temporaryFolder();
  const lock = path.join(folder, 'lock');
  const own = lockText(process.pid);
  const ended = spawn('sleep', ['60']);
  const endedText = lockText(ended.pid ?? 0);
  ended.kill('SIGKILL');
  await new Promise((resolve) => ended.once('exit', resolve));
  fs.writeFileSync(lock, endedText);
  assert.deepEqual(await takeLock(folder), { text: own, waits: [] });
  const child = spawn('sleep', ['60']);
  // The set-up itself has ended, and its last child lives.
  fs.writeFileSync(lock, `${endedText}\n${lockText(child.pid ?? 0).split('\n')[1]}`);
  const taken = await takeLock(folder, () => child.kill());
  assert.deepEqual(taken, { text: own, waits: [String(ended.pid)] });
});

test('a lock is taken over when its number belongs to another program, or its machine started anew', async () => {
  const folder = temporaryFolder();
  const lock = path.join(folder, 'lock');
  const own = lockText(process.pid);
  const [machine = '', self = ''] = own.split('\n');
  const [host = '', boot = '', numbering = ''] = machine.split(' ');
  assert.match(self, new RegExp(`^${process.pid} .+`));
  const others = [
    `${machine}\n${process.pid} 1`, // the number was given out again
    `${host} ${boot}-before ${numbering}\n${self}`,
  ];
  for (const text of others) {
    fs.writeFileSync(lock, text);
    assert.deepEqual(await takeLock(folder), { text: own, waits: [] });
  }
});

test('a lock from another machine or container, or a half written one, is taken over when nobody touches it', async () => {
  const own = lockText(process.pid);
  const [machine = '', self = ''] = own.split('\n');
  for (const text of [`elsewhere ${machine}\n${self}`, `${machine}2\n${self}`, '']) {
    const folder = temporaryFolder();
    const lock = path.join(folder, 'lock');
    fs.writeFileSync(lock, text);
    let touches = 0;
    const touch = setInterval(() => {
      if (++touches === 3) clearInterval(touch);
      else fs.utimesSync(lock, touches, touches);
    }, 150);
    const { text: taken, waits } = await takeLock(folder);
    assert.equal(taken, own);
    assert.equal(waits.length, 1);
    assert.ok(touches >= 2, `taken over after ${touches} touches`);
    clearInterval(touch);
  }
});

test('the set-up removes no lock that another one has taken over', async () => {
  const folder = temporaryFolder();
  const lock = path.join(folder, 'lock');
  await withLock(
    folder,
    async () => fs.writeFileSync(lock, 'theirs'),
    () => {},
  );
  assert.equal(fs.readFileSync(lock, 'utf8'), 'theirs');
});

test('every wheel is pinned by version and checksum', () => {
  for (const { cpu, gpu } of Object.values(builds)) {
    for (const { requirements } of gpu ? [cpu, gpu] : [cpu]) {
      assert.match(requirements[0] ?? '', new RegExp(`^tensorflow(-cpu)?==${tensorflowVersion} `));
      for (const line of requirements) {
        assert.match(line, /^[a-z0-9-]+==[0-9.]+ --hash=sha256:[0-9a-f]{64}$/);
      }
    }
  }
});

/** Returns the entries of a lock file: what is wanted, under which condition, and its hashes. */
function lockEntries(file: string): { name: string; hashes: string[] }[] {
  const text = fs.readFileSync(file, 'utf8').replaceAll(/^#.*\n/gm, '');
  return text
    .replaceAll(' \\\n    ', ' ')
    .trim()
    .split('\n')
    .map((line) => {
      const parsed = /^([a-z0-9-]+==[\w.]+)( ; [^\\#]+?)?((?: --hash=sha256:[0-9a-f]{64})+)$/.exec(
        line,
      );
      assert.ok(parsed, `without a hash: ${line}`);
      return { name: parsed[1] ?? '', hashes: (parsed[3] ?? '').trim().split(' ') };
    });
}

test('every Python package is pinned by version and the hashes of its wheels', () => {
  const packages = lockEntries(requirementsLock(root));
  assert.ok(packages.length > 80);
  for (const { name, version } of parseRequirements(
    fs.readFileSync(requirementsFile(root), 'utf8'),
  ))
    assert.ok(packages.some((one) => one.name === `${name}==${version}`));
  const [zig, ...more] = lockEntries(compilerLock(root));
  assert.equal(zig?.name, 'ziglang==0.14.1');
  assert.equal(zig?.hashes.length, Object.keys(builds).length);
  assert.deepEqual(more, []);
  const gguf = lockEntries(ownLock(root, 'gguf'));
  assert.ok(gguf.some(({ name }) => name === 'gguf==0.19.0'));
  assert.ok(gguf.every(({ hashes }) => hashes.length > 0));
  const ray = lockEntries(ownLock(root, 'ray'));
  assert.ok(ray.some(({ name }) => name === 'ray==2.60.0'));
  assert.ok(ray.every(({ hashes }) => hashes.length > 0));
  assert.deepEqual(lockedOnly, ['--require-hashes', '--only-binary=:all:']);
});

/** Writes a wheel of no content that says which Python it needs, and what it needs under a condition. */
function writeWheel(name: string, needs: string): string {
  return `
with zipfile.ZipFile(sys.argv[1] + '/${name}-py3-none-any.whl', 'w') as wheel:
    info = '${name}.dist-info/'
    name, version = '${name}'.split('-')
    wheel.writestr(info + 'METADATA', f'Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n${needs}\\n')
    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(info + 'RECORD', '')
`;
}

test('pip chooses for another Python and another system what they would choose themselves', async () => {
  const shelf = temporaryFolder();
  const wheels = [
    writeWheel(
      'wanted-1.0',
      'Requires-Python: >=3.8\\nRequires-Dist: old; python_version < "3.11"',
    ),
    writeWheel(
      'wanted-2.0',
      'Requires-Python: >=3.11\\nRequires-Dist: mac; sys_platform == "darwin"',
    ),
    writeWheel('old-1.0', ''),
    writeWheel('mac-1.0', ''),
  ];
  const python = await findPython();
  const run = (...args: string[]): string => {
    const env = { ...process.env, PIP_CONFIG_FILE: os.devNull, PIP_DISABLE_PIP_VERSION_CHECK: '1' };
    const { status, stdout, stderr } = spawnSync(python, args, { encoding: 'utf8', env });
    assert.equal(status, 0, stderr);
    return stdout;
  };
  run('-c', ['import sys, zipfile', ...wheels].join('\n'), shelf);
  const chosen = (version: string, platform: string): string[] => {
    const to = temporaryFolder();
    const pip = [path.join(root, 'lib/setup/pipFor.py'), version, platform, 'download', 'wanted'];
    const from = ['--no-index', `--find-links=${shelf}`, '--only-binary=:all:', '-q', '-d', to];
    run(...pip, ...from);
    return fs.readdirSync(to).map((file) => file.replace('-py3-none-any.whl', ''));
  };
  assert.deepEqual(chosen('3.10', 'linux-x64').sort(), ['old-1.0', 'wanted-1.0']);
  assert.deepEqual(chosen('3.12', 'darwin-arm64').sort(), ['mac-1.0', 'wanted-2.0']);
});

test('every npm package is pinned by version and checksum, and comes from the registry in use', () => {
  const lock = JSON.parse(fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version?: string; integrity?: string; resolved?: string }>;
  };
  const { '': own, ...packages } = lock.packages;
  assert.ok(own);
  assert.ok(Object.keys(packages).length > 200);
  for (const [name, { integrity, resolved }] of Object.entries(packages)) {
    assert.match(integrity ?? '', /^sha512-[\w+/]{86}==$/, name);
    assert.equal(resolved, undefined, name);
  }
});

test('the lock names the wheels of supported machines, and the condition of each version', () => {
  const wheels: [string, boolean][] = [
    ['anyio-4.16.0-py3-none-any.whl', true],
    ['cffi-2.1.1-cp310-cp310-manylinux2014_x86_64.manylinux_2_17_x86_64.whl', true],
    ['cffi-2.1.1-cp39-cp39-manylinux2014_x86_64.whl', false],
    ['rpds_py-1.0-cp314-cp314t-manylinux_2_17_x86_64.whl', false],
    ['psutil-7.0-cp36-abi3-macosx_11_0_arm64.whl', true],
    ['psutil-7.0-cp37-abi3-win_amd64.whl', false],
    ['zmq-1.0-cp312-abi3-musllinux_1_1_x86_64.whl', false],
    ['six-1.17.0-py2.py3-none-any.whl', true],
  ];
  assert.deepEqual(
    wheels.map(([file]) => [file, isSupportedWheel(file)]),
    wheels,
  );
  const on = (platform: string, ...pythons: string[]): { platform: string; python: string }[] =>
    pythons.map((python) => ({ platform, python }));
  const all = ['3.10', '3.11', '3.12', '3.13', '3.14'];
  const everywhere = (...pythons: string[]): { platform: string; python: string }[] =>
    Object.keys(builds).flatMap((platform) => on(platform, ...pythons));
  assert.equal(conditionOf(everywhere(...all)), '');
  assert.equal(conditionOf(everywhere('3.10')), 'python_version < "3.11"');
  assert.equal(
    conditionOf(everywhere('3.11', '3.12')),
    'python_version >= "3.11" and python_version < "3.13"',
  );
  assert.equal(conditionOf(on('darwin-arm64', ...all)), 'sys_platform == "darwin"');
  assert.equal(
    conditionOf([...on('linux-x64', ...all), ...on('darwin-arm64', '3.14')]),
    'sys_platform == "linux" and platform_machine == "x86_64" or sys_platform == "darwin" and python_version >= "3.14"',
  );
});
