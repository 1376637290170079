/** Bringing in language models: from folders, and from a server that speaks the protocol of the Hugging Face Hub. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fsItself, * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { after, before, test } from 'node:test';
import { UserError } from '../lib/core/errors';
import { tf } from '../lib/engine/tensorflow';
import { bringIn, forgetModel } from '../lib/stages/language/bringIn';
import { loadLanguageModel } from '../lib/stages/language/models';
import { writeRandomModel } from '../lib/stages/language/randomModel';
import { contents, temporaryFolder } from './support/folder';

const place = temporaryFolder();
const source = path.join(temporaryFolder(), 'my-model');
writeRandomModel(source, 1);
fs.writeFileSync(path.join(source, 'README.md'), 'not needed');
const wanted = contents(source);
delete wanted['README.md'];
const large = 'model.safetensors';

/** How the server misbehaves. */
let mood: { token?: string; endsAfter?: number; changes?: string; leavesOut?: string } = {};
let asked: { file: string; range?: string }[] = [];

const server = http.createServer((request, response) => {
  const refuse = (code: number, error: string): void => {
    response.writeHead(code, { 'Content-Type': 'application/json', 'X-Error-Code': error });
    response.end(JSON.stringify({ error }));
  };
  if (mood.token !== undefined && request.headers.authorization !== `Bearer ${mood.token}`)
    return refuse(401, 'Invalid username or password.');
  const url = new URL(request.url!, 'http://hub');
  const names = fs.readdirSync(source).filter((name) => name !== mood.leavesOut);
  if (url.pathname === '/api/models/somebody/my-model/tree/main') {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(names.map(listed)));
    return;
  }
  const file = url.pathname.match(/^\/somebody\/my-model\/resolve\/main\/(.+)$/)?.[1];
  if (file === undefined || !names.includes(file)) return refuse(404, 'RepoNotFound');
  const { range } = request.headers;
  asked.push({ file, range });
  send(response, fs.readFileSync(path.join(source, file)), file, range);
});

/** What the listing says of a file: of a large one the hash of Git LFS. */
function listed(name: string): object {
  const bytes = fs.readFileSync(path.join(source, name));
  const git = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const lfs = { oid: sha256, size: bytes.length, pointerSize: 134 };
  return { type: 'file', oid: git, size: bytes.length, path: name, ...(name === large && { lfs }) };
}

function send(response: http.ServerResponse, bytes: Buffer, file: string, range?: string): void {
  const [from = 0, to = bytes.length - 1] = (range?.match(/\d+/g) ?? []).map(Number);
  const part = Buffer.from(bytes.subarray(from, to + 1));
  if (mood.changes === file && part.length > 9) part[9]! ^= 1;
  response.writeHead(range ? 206 : 200, {
    'Content-Length': part.length,
    'Content-Range': `bytes ${from}-${to}/${bytes.length}`,
    ETag: `"${file}"`,
  });
  const most = file === large && part.length > 1 ? mood.endsAfter : undefined;
  if (most === undefined) return void response.end(part);
  response.write(part.subarray(0, most), () => response.destroy());
}

let hub: { url: string; token?: string };
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  hub = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
});
after(() => server.close());

const get = async (as: string, changed: typeof mood = {}, token?: string): Promise<void> => {
  mood = changed;
  asked = [];
  await bringIn('hf:somebody/my-model', { as, place, hub: { ...hub, token } });
};
const folderOf = (name: string): string => path.join(place, 'models', name);
const refusal = (pattern: RegExp) => (error: unknown) =>
  error instanceof UserError && pattern.test(error.message) && !error.message.includes('\n');

test('a model of the hub is downloaded file by file, and is what the server has', async () => {
  const before = tf.memory().numTensors;
  await get('whole');
  assert.deepEqual(contents(folderOf('whole')), wanted);
  assert.equal(tf.memory().numTensors, before);
  assert.ok(loadLanguageModel('whole', place).tokenizer);
});

test('a download that breaks off goes on from there', async () => {
  await assert.rejects(get('parts', { endsAfter: 70_000 }), refusal(/hf:somebody\/my-model: no connection .*go on/)); // prettier-ignore
  assert.ok(!fs.existsSync(folderOf('parts')));
  const there = fs.statSync(path.join(folderOf('parts.unfinished'), large)).size;
  assert.ok(there > 0 && there <= 70_000);
  await get('parts');
  assert.deepEqual(contents(folderOf('parts')), wanted);
  const ranges = asked.filter(({ file }) => file === large).map(({ range }) => range);
  assert.ok(ranges.includes(`bytes=${there}-${fs.statSync(path.join(source, large)).size - 1}`), ranges.join()); // prettier-ignore
  assert.ok(!fs.existsSync(folderOf('parts.unfinished')));
});

for (const file of [large, 'tokenizer.json'])
  test(`${file} with another hash is removed and named`, async () => {
    const name = `changed-${file}`;
    await assert.rejects(get(name, { changes: file }), refusal(new RegExp(`^${file} has another hash`))); // prettier-ignore
    assert.ok(!fs.existsSync(path.join(folderOf(`${name}.unfinished`), file)));
    await get(name);
    assert.deepEqual(contents(folderOf(name)), wanted);
  });

test('what is not for everybody needs a token', async () => {
  await assert.rejects(get('secret', { token: 'hf_x' }), refusal(/set HF_TOKEN/));
  await get('secret', { token: 'hf_x' }, 'hf_x');
  assert.deepEqual(contents(folderOf('secret')), wanted);
  await assert.rejects(get('secret2', {}, 'x'), refusal(/invalid HF_TOKEN: it begins with hf_/));
});

test('a name that is no model, a server that is not there, a repository without tokenizer', async () => {
  mood = {};
  const other = (what: string, url = hub.url) => bringIn(what, { place, hub: { url } });
  await assert.rejects(other('hf:somebody/else'), refusal(/no such model: check the name/));
  await assert.rejects(other('hf:else'), refusal(/invalid repository hf:else: use hf:OWNER\/NAME/));
  await assert.rejects(other('hf:a/b', 'http://127.0.0.1:9'), refusal(/no connection .*HTTPS_PROXY/)); // prettier-ignore
  await assert.rejects(get('half', { leavesOut: 'tokenizer.json' }), refusal(/has no tokenizer\.json/)); // prettier-ignore
  assert.ok(!fs.existsSync(folderOf('half')));
});

test('a folder is copied without what is not needed, once', async () => {
  const { name, isNew } = await bringIn(source, { place });
  assert.deepEqual([name, isNew], ['my-model', true]);
  assert.deepEqual(contents(folderOf('my-model')), wanted);
  assert.equal((await bringIn(source, { place })).isNew, false);
  forgetModel('my-model', place);
  assert.ok(!fs.existsSync(folderOf('my-model')));
  assert.throws(() => forgetModel('my-model', place), refusal(/no language model my-model/));
});

test('a folder that is no model that is understood is refused, and nothing is kept', async () => {
  const folder = temporaryFolder();
  const variant = (changed: Record<string, string | undefined>): string => {
    const copy = path.join(folder, `copy-${fs.readdirSync(folder).length}`);
    fs.cpSync(source, copy, { recursive: true });
    for (const [name, text] of Object.entries(changed))
      if (text === undefined) fs.rmSync(path.join(copy, name));
      else fs.writeFileSync(path.join(copy, name), text);
    return copy;
  };
  const config = JSON.parse(fs.readFileSync(path.join(source, 'config.json'), 'utf8')) as object;
  const changedConfig = (changes: object): Record<string, string> => ({
    'config.json': JSON.stringify({ ...config, ...changes }),
  });
  for (const [changed, pattern] of [
    [{ 'tokenizer.json': undefined }, /has no tokenizer\.json: name a model/],
    [{ [large]: undefined }, /has no model\.safetensors/],
    [changedConfig({ model_type: 'gpt_bigcode', architectures: ['GPTBigCodeForCausalLM'] }), /gpt_bigcode|GPTBigCode/], // prettier-ignore
    [changedConfig({ num_hidden_layers: 3 }), /model\.layers\.2/],
    [{ [large]: 'half a file' }, /model\.safetensors/],
    [{ 'generation_config.json': '{"eos_token_id": 999}' }, /token 999, the model knows 258/],
  ] as const) {
    await assert.rejects(bringIn(variant(changed), { as: 'bad', place }), refusal(pattern));
    assert.ok(!fs.existsSync(folderOf('bad')) && !fs.existsSync(folderOf('bad.unfinished')));
  }
  await assert.rejects(bringIn(path.join(folder, 'nowhere'), { place }), refusal(/no folder .*nowhere: use smollm2/)); // prettier-ignore
  await assert.rejects(bringIn(source, { as: '../x', place }), refusal(/invalid name/));
});

test('a full disk leaves nothing of a copy, and keeps what was downloaded', async () => {
  const full = (name: string): Error =>
    Object.assign(new Error('no room'), { code: 'ENOSPC', syscall: name });
  const whenFull = async (call: 'copyFileSync' | 'writeSync', work: () => Promise<unknown>) => {
    const usual = fsItself[call];
    Object.assign(fsItself, {
      [call]: () => {
        throw full(call);
      },
    });
    try {
      await assert.rejects(work(), refusal(/the disk is full: free some space/));
    } finally {
      Object.assign(fsItself, { [call]: usual });
    }
  };
  await whenFull('copyFileSync', () => bringIn(source, { as: 'full', place }));
  assert.ok(!fs.existsSync(folderOf('full')) && !fs.existsSync(folderOf('full.unfinished')));
  await whenFull('writeSync', () => get('full'));
  await get('full');
  assert.deepEqual(contents(folderOf('full')), wanted);
});
