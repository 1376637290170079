import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { mock, test } from 'node:test';
import ts from 'typescript';
import { csvLine, parseCsv, type Row } from '../lib/core/csv';
import { displayBundle, inNotebook } from '../lib/core/display';
import { root, writeFileAtomic } from '../lib/core/files';
import { formatSeconds, millions } from '../lib/core/format';
import { loop, stopFlag } from '../lib/core/loop';
import { progress, progressText, type Mark } from '../lib/core/progress';
import {
  createRandom,
  hashText,
  normal,
  pick,
  pickWeighted,
  shuffle,
  uniformAt,
  type Random,
} from '../lib/core/random';
import { sourceOf } from '../lib/workbook/source';
import { temporaryFolder } from './support/folder';

const folder = temporaryFolder();

const bits = (value: bigint): bigint => BigInt.asUintN(32, value);

/** Computes FNV-1a and the last step of MurmurHash3 by their definitions over unbounded integers. */
function referenceHash(text: string): bigint {
  let h = 2166136261n;
  for (const character of text) h = bits((h ^ BigInt(character.codePointAt(0)!)) * 16777619n);
  return mixed(h);
}

function mixed(h: bigint): bigint {
  h = bits((h ^ (h >> 16n)) * 0x85ebca6bn);
  h = bits((h ^ (h >> 13n)) * 0xc2b2ae35n);
  return h ^ (h >> 16n);
}

/** Makes Doty-Humphrey's sfc32, with the stream's name hashed into its state. */
function* referenceStream(name: string): Generator<number> {
  let [a, b, c, counter] = [
    referenceHash(`a/${name}`),
    referenceHash(`b/${name}`),
    referenceHash(`c/${name}`),
    1n,
  ];
  for (let i = 0; ; i++) {
    const sum = bits(a + b + counter);
    counter = bits(counter + 1n);
    a = b ^ (b >> 9n);
    b = bits(c + (c << 3n));
    c = bits(((c << 21n) | (c >> 11n)) + sum);
    if (i >= 12) yield Number(sum) / 2 ** 32;
  }
}

test('random streams are those of the definition, on every machine', () => {
  for (const keys of [[], [0], [7, 'documents', 3], ['a/b'], [-1.5, 'x']]) {
    const random = createRandom(...keys);
    const reference = referenceStream(keys.join('/'));
    for (let i = 0; i < 20; i++) assert.equal(random.next(), reference.next().value);
  }
  const random = createRandom(7, 'documents', 3);
  const first = [random.next(), random.next(), random.next()].map((x) => x * 2 ** 32);
  assert.deepEqual(first, [1995802670, 918718519, 935151849]);
});

test('streams of other names are other streams', () => {
  const names = [[0], [1], [0, 0], [0, 1], ['0', 'x'], [0, 'x', 1], [10], [1, 0]];
  const starts = names.map((keys) => createRandom(...keys).next());
  assert.equal(new Set(starts).size, names.length);
});

test('hashes and numbers of places, against the definition', () => {
  for (const text of ['', 'a', 'make 26 : 3 5 7 _', 'units 2 / 3'])
    assert.equal(hashText(text), Number(referenceHash(text)));
  const reference = (...place: number[]): number => {
    let h = 0x9e3779b9n;
    for (const key of place) h = mixed(bits(h * 31n + BigInt(key)));
    return Number(h >> 8n) / 2 ** 24;
  };
  for (const place of [[], [0], [1, 2, 3], [3, 2, 1], [-1, 2 ** 31], [5, 2, 0, 3, 149]])
    assert.equal(uniformAt(...place), reference(...place));
});

test('numbers of places are uniform, exact in float32, and do not depend on each other', () => {
  const counts = Array<number>(16).fill(0);
  let sameAsNeighbour = 0;
  for (let prompt = 0; prompt < 20; prompt++)
    for (let sample = 0; sample < 10; sample++)
      for (let position = 0; position < 50; position++) {
        const u = uniformAt(1, 2, prompt, sample, position);
        assert.ok(u >= 0 && u < 1 && Math.fround(u) === u);
        counts[Math.floor(u * 16)]!++;
        if (Math.floor(uniformAt(1, 2, prompt, sample + 1, position) * 16) === Math.floor(u * 16))
          sameAsNeighbour++;
      }
  // 15 degrees of freedom: 37.7 is passed once in a thousand times. Neighbours agree in one case of 16: 625 of 10,000.
  const distance = counts.reduce((sum, n) => sum + (n - 625) ** 2 / 625, 0);
  assert.ok(distance < 37.7, `chi-square ${distance}`);
  assert.ok(Math.abs(sameAsNeighbour - 625) < 100, `${sameAsNeighbour}`);
});

/** Makes a stream that gives these numbers. */
const scripted = (...values: number[]): Random => {
  const next = (): number => values.shift()!;
  return { next, int: (n) => Math.floor(next() * n) };
};

test('drawing, by hand', () => {
  assert.deepEqual(
    [0, 0.24, 0.25, 0.99].map((u) => pick(['a', 'b', 'c', 'd'], scripted(u))),
    ['a', 'a', 'b', 'd'],
  );
  const weighted = (u: number): number => pickWeighted([1, 0, 2, 1], scripted(u));
  assert.deepEqual([0, 0.24, 0.25, 0.74, 0.75, 0.999999].map(weighted), [0, 0, 2, 2, 3, 3]);
  // i = 3, 2, 1 swap with floor(u (i + 1)) = 0, 2, 0
  assert.deepEqual(shuffle(['a', 'b', 'c', 'd'], scripted(0.1, 0.9, 0.3)), ['b', 'd', 'c', 'a']);
  // sqrt(-2 log(1 - u)) cos(2 pi v)
  assert.equal(normal(scripted(1 - Math.exp(-2), 0)), 2);
  assert.ok(Math.abs(normal(scripted(1 - Math.exp(-2), 0.5)) + 2) < 1e-12);
});

test('a shuffle keeps every element and its argument', () => {
  const items = Array.from({ length: 50 }, (_, i) => i);
  const shuffled = shuffle(items, createRandom(1));
  assert.deepEqual(shuffle(items.slice(0, 10), createRandom(1)), [9, 1, 5, 0, 2, 8, 6, 3, 7, 4]);
  assert.deepEqual(
    [...shuffled].sort((a, b) => a - b),
    items,
  );
  assert.deepEqual(items[0], 0);
  const random = createRandom(2);
  const drawn = Array.from({ length: 1000 }, () => random.int(5));
  assert.deepEqual([...new Set(drawn)].sort(), [0, 1, 2, 3, 4]);
  const bell = Array.from({ length: 4000 }, () => normal(random));
  const mean = bell.reduce((sum, x) => sum + x, 0) / 4000;
  const variance = bell.reduce((sum, x) => sum + x * x, 0) / 4000;
  assert.ok(Math.abs(mean) < 0.06 && Math.abs(variance - 1) < 0.1, `${mean} ${variance}`);
});

test('CSV: what is written is read back', () => {
  const columns = ['step', 'text', 'value'];
  const rows: Row[] = [
    { step: 0, text: 'plain', value: 0.5 },
    { step: 1, text: 'a, "quoted" text', value: null },
    { step: 2, text: 'two\nlines', value: -1e-7 },
    { step: 3, text: null, value: 123456 },
    { step: 4, text: '凑 26 : 3', value: 0 },
  ];
  const text = columns.join(',') + '\n' + rows.map((row) => csvLine(columns, row)).join('');
  assert.deepEqual(parseCsv(text), rows);
  assert.deepEqual(parseCsv(text.replaceAll(/(?<!two)\n/g, '\r\n')), rows); // as Windows ends lines
  assert.deepEqual(parseCsv(`# a comment\n\n${text}\n`), rows);
});

test('CSV, cell by cell', () => {
  const columns = ['a', 'b', 'c', 'd', 'e'];
  const row = { a: 1 / 3, b: NaN, c: Infinity, e: 1234567.89 };
  assert.equal(csvLine(columns, row), '0.333333,,,,1234570\n');
  assert.equal(csvLine(['a'], { a: 'say "yes"' }), '"say ""yes"""\n');
  assert.deepEqual(parseCsv('x,y\n1e3,\n007,word\n-2.50,"a,b"\n'), [
    { x: 1000, y: null },
    { x: 7, y: 'word' },
    { x: -2.5, y: 'a,b' },
  ]);
  assert.deepEqual(parseCsv('x,y\n1,\n'), [{ x: 1, y: null }]);
  assert.deepEqual(parseCsv(''), []);
  assert.deepEqual(parseCsv('x,y\n'), []);
});

test('tokens are told in millions', () => {
  assert.deepEqual([millions(1_250_000, 2), millions(88_000)], ['1.25M', '0.1M']);
});

test('a file is written whole, over an old one, without a trace beside it', () => {
  const file = path.join(folder, 'deep', 'er', 'file.bin');
  writeFileAtomic(file, 'a long first text');
  writeFileAtomic(file, Uint8Array.from([1, 2]));
  assert.deepEqual([...fs.readFileSync(file)], [1, 2]);
  assert.deepEqual(fs.readdirSync(path.dirname(file)), ['file.bin']);
  assert.equal(root, path.resolve(__dirname, '..'));
});

test('a loop runs its steps in order, each to its end', async () => {
  const seen: number[] = [];
  const result = await loop(2, 5, async (step) => {
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(step);
    assert.equal(stopFlag.armed, 1);
  });
  assert.deepEqual([seen, result], [[2, 3, 4], { step: 5, stopped: false }]);
  assert.deepEqual(await loop(3, 3, () => assert.fail()), { step: 3, stopped: false });
  assert.equal(stopFlag.armed, 0);
});

test('a stop ends the loop after the running step', async () => {
  const stopAt = async (at: number): Promise<unknown[]> => {
    let last = -1;
    const result = await loop(0, 4, (step) => {
      if (step === at) stopFlag.requested = true;
      last = step;
    });
    return [last, result];
  };
  assert.deepEqual(await stopAt(1), [1, { step: 2, stopped: true }]);
  assert.deepEqual(await stopAt(0), [0, { step: 1, stopped: true }], 'an old request is forgotten');
  assert.deepEqual(await stopAt(3), [3, { step: 4, stopped: false }], 'nothing was left to do');
  setImmediate(() => (stopFlag.requested = true));
  assert.deepEqual(
    await loop(0, 4, () => assert.fail()),
    { step: 0, stopped: true },
    'before the first step',
  );
});

test('a stop in an inner loop stops the outer one too, an error disarms both', async () => {
  const result = await loop(0, 3, async () => {
    assert.deepEqual(await loop(0, 3, () => void (stopFlag.requested = true)), {
      step: 1,
      stopped: true,
    });
    assert.equal(stopFlag.armed, 1);
  });
  assert.deepEqual(result, { step: 1, stopped: true });
  const failing = loop(0, 3, () =>
    loop(0, 3, () => Promise.reject(new Error('on purpose'))).then(),
  );
  await assert.rejects(failing, { message: 'on purpose' });
  assert.equal(stopFlag.armed, 0);
});

test('Ctrl-C in a terminal stops a loop softly, a second one at once', async () => {
  const script = `
    const { loop, stopOnInterrupt } = require('./lib/core/loop');
    stopOnInterrupt();
    loop(0, 1e9, async (step) => {
      if (step === 0) console.log('started');
      await new Promise((resolve) => setTimeout(resolve, process.argv[1] === 'slow' ? 1e6 : 5));
    }).then(({ stopped }) => { console.log('stopped ' + stopped); process.exit(7); });
  `;
  const run = (speed: string, interrupts: number): Promise<[number | null, string]> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, ['--import', 'tsx', '-e', script, speed], {
        cwd: root,
      });
      let output = '';
      const read = (data: Buffer): void => {
        output += String(data);
        const seen = output.includes('started')
          ? (output.match(/stopping/g)?.length ?? 0)
          : Infinity;
        if (seen < interrupts) child.kill('SIGINT');
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.on('close', (code) => resolve([code, output]));
    });
  const [softly, atOnce] = await Promise.all([run('quick', 1), run('slow', 2)]);
  const note = 'started\n\nstopping after this step (press again to end at once)\n';
  assert.deepEqual(softly, [7, `${note}stopped true\n`]);
  assert.deepEqual(atOnce, [130, note]);
});

test('times and progress lines, by hand', () => {
  assert.deepEqual([0.4, 8.4, 59.4, 59.6, 125, 3600].map(formatSeconds), [
    '0 s',
    '8 s',
    '59 s',
    '1 min 00 s',
    '2 min 05 s',
    '60 min 00 s',
  ]);
  const bar = (full: number): string => '█'.repeat(full) + '░'.repeat(20 - full);
  const at = (done: number, seconds: number): Mark => ({ done, seconds });
  const text = (now: Mark, total: number, note: string, warm: Mark | null = at(0, 0)): string =>
    progressText({ label: 'a', now, total, note, warm });
  assert.equal(text(at(5, 10), 20, ''), `a ${bar(5)}  25 % · 30 s left`);
  assert.equal(text(at(0, 3), 20, 'loss 4'), `a ${bar(0)}   0 % · starting · loss 4`);
  assert.equal(text(at(20, 61), 20, ''), `a ${bar(20)} 100 % · 1 min 01 s`);
  assert.equal(text(at(21, 2), 20, ''), `a ${bar(20)} 100 % · 2 s`);
  assert.equal(text(at(0, 0), 0, ''), `a ${bar(20)} 100 % · 0 s`);
  // The first of 20 steps took 12 s, the next four 2 s each: the other 15 take 30 s, and not 60.
  assert.equal(text(at(5, 20), 20, '', at(1, 12)), `a ${bar(5)}  25 % · 30 s left`);
  assert.equal(text(at(1, 12), 20, '', at(1, 12)), `a ${bar(1)}   5 % · starting`);
  // The work was resumed at 10 of 20; its first step took 9 s, the next four 1 s each.
  assert.equal(text(at(15, 13), 20, '', at(11, 9)), `a ${bar(15)}  75 % · 5 s left`);
  // The line can end before the work is done.
  assert.equal(text(at(5, 20), 20, 'stopped', null), `a ${bar(5)}  25 % · stopped`);
});

test('progress in a log file is one line at the end of short work', () => {
  const written: string[] = [];
  const write = mock.method(process.stdout, 'write', (text: string) => written.push(text) > 0);
  const bar = progress('short', 4);
  bar.update(1, 'one');
  bar.update(4, 'four');
  bar.end();
  write.mock.restore();
  assert.deepEqual(written, [`short ${'█'.repeat(20)} 100 % · 0 s · four\n`]);
});

test('outputs go to the notebook where there is one, else their text is printed', () => {
  const shown: unknown[] = [];
  const log = mock.method(console, 'log', (text: unknown) => shown.push(text));
  const bundle = { 'text/plain': 'a chart', 'image/png': 'AAAA' };
  assert.equal(inNotebook(), false);
  displayBundle(bundle);
  const kernel = globalThis as unknown as Record<symbol, unknown>;
  const key = Symbol.for('r1.display');
  kernel[key] = (message: unknown, isUpdate: boolean) => shown.push([message, isUpdate]);
  assert.equal(inNotebook(), true);
  displayBundle(bundle);
  displayBundle(bundle, 'chart-1', true);
  delete kernel[key];
  log.mock.restore();
  assert.deepEqual(shown, [
    'a chart',
    [{ data: bundle, metadata: {}, transient: {} }, false],
    [{ data: bundle, metadata: {}, transient: { display_id: 'chart-1' } }, true],
  ]);
});

test('the shown source is the whole declaration and nothing else', () => {
  assert.equal(
    sourceOf('lib/training/schedule.ts', 'warmUp'),
    '/** Linear warm-up to 1 over the first steps. */\n' +
      'export function warmUp(step: number, warmUpSteps: number): number {\n' +
      '  return Math.min(1, (step + 1) / warmUpSteps);\n}',
  );
  assert.throws(() => sourceOf('lib/core/loop.ts', 'nothing'), {
    name: 'UserError',
    message: 'no nothing in lib/core/loop.ts',
  });
  const files = fs.readdirSync(path.join(root, 'lib'), { recursive: true, encoding: 'utf8' });
  let seen = 0;
  for (const file of files.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))) {
    const text = fs.readFileSync(path.join(root, 'lib', file), 'utf8');
    for (const [, , , , , name] of text.matchAll(
      /^(export (const|interface|type|class)|(export )?(async )?function\*?) (\w+)/gm,
    )) {
      const source = sourceOf(path.join('lib', file), name!);
      const parsed = ts.createSourceFile('part.ts', source, ts.ScriptTarget.ES2022);
      const { parseDiagnostics } = parsed as unknown as { parseDiagnostics: unknown[] };
      assert.deepEqual(
        [parseDiagnostics.length, parsed.statements.length],
        [0, 1],
        `${name} of ${file}:\n${source}`,
      );
      seen++;
    }
  }
  assert.ok(seen > 700, `only ${seen} names were looked at`);
});
