/** Downloads models from the Hugging Face Hub, or from a server that speaks its protocol. */
import { createHash, type Hash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { downloadFile, HubApiError, listFiles, type ListFileEntry } from '@huggingface/hub';
import { EnvHttpProxyAgent, fetch as fetchWith } from 'undici';
import { UserError } from '../../core/errors';
import { onDisk, removeFile } from '../../core/files';
import { progress } from '../../core/progress';
import { isModelFile, refuseNoModel } from './modelFiles';

/** The server, and who asks it. */
export interface Hub {
  /** default: that of Hugging Face, or HF_ENDPOINT */
  readonly url?: string;
  /** default: HF_TOKEN, if it is set */
  readonly token?: string;
}

/** What every question to the server has with it. */
interface Server {
  readonly repo: string;
  readonly fetch: typeof fetch;
  readonly hubUrl?: string;
  readonly accessToken?: string;
}

/** Node's own `fetch` does not look at HTTPS_PROXY and its like. */
function proxied(): typeof fetch {
  const dispatcher = new EnvHttpProxyAgent();
  return ((url: string, options: object) => fetchWith(url, { ...options, dispatcher })) as unknown as typeof fetch; // prettier-ignore
}

/**
 * Downloads a model into a folder. Files that are there already, of an interrupted download, are kept, and one that is
 * half there goes on from its end; every file is held against the hash that the server lists. What fails is a UserError.
 */
export async function downloadModel(
  repository: string,
  folder: string,
  { url = process.env.HF_ENDPOINT, token = process.env.HF_TOKEN }: Hub = {},
): Promise<void> {
  if (token && !token.startsWith('hf_'))
    throw new UserError('invalid HF_TOKEN: it begins with hf_: copy it again, or unset it');
  const server: Server = {
    repo: repository,
    fetch: proxied(),
    ...(url && { hubUrl: url.replace(/\/$/, '') }),
    ...(token && { accessToken: token }),
  };
  await asking(repository, async () => {
    const files: ListFileEntry[] = [];
    for await (const file of listFiles(server)) if (isModelFile(file.path)) files.push(file);
    refuseNoModel(
      repository,
      files.map((file) => file.path),
    );
    onDisk('write', folder, () => fs.mkdirSync(folder, { recursive: true }));
    const total = files.reduce((sum, file) => sum + sizeOf(file), 0);
    const bar = progress(repository, total);
    let done = 0;
    for (const file of files) {
      const note = (bytes: number): void =>
        bar.update(done + bytes, `${megabytes(done + bytes)} of ${megabytes(total)} MB`);
      await download(server, file, path.join(folder, file.path), note);
      done += sizeOf(file);
    }
    bar.end();
  });
}

const sizeOf = ({ lfs, size }: ListFileEntry): number => lfs?.size ?? size;
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);

async function download(
  server: Server,
  file: ListFileEntry,
  target: string,
  note: (bytes: number) => void,
): Promise<void> {
  const size = sizeOf(file);
  const there = fs.existsSync(target) ? fs.statSync(target).size : 0;
  let from = there > size ? 0 : there;
  if (from < size || size === 0) {
    const blob = await downloadFile({ ...server, path: file.path, xet: false });
    if (!blob) throw new UserError(`${file.path} is listed, but not there: try again later`);
    const out = onDisk('write', target, () => fs.openSync(target, from > 0 ? 'r+' : 'w'));
    try {
      for await (const piece of blob.slice(from).stream() as unknown as AsyncIterable<Uint8Array>) {
        const at = from;
        onDisk('write', target, () => fs.writeSync(out, piece, 0, piece.length, at));
        from += piece.length;
        note(from);
      }
    } finally {
      fs.closeSync(out);
    }
  }
  const found = await hashOf(target, file);
  if (from === size && found === (file.lfs?.oid ?? file.oid)) return;
  if (from === size || from > size) removeFile(target);
  throw new UserError(
    from < size
      ? `${file.path} ended after ${from} of ${size} bytes: run the same again to go on`
      : `${file.path} has another hash than the server lists, and was removed: run the same again`,
  );
}

/** The hash that the server lists: SHA-256 of a large file, and of others that of git. */
async function hashOf(file: string, { lfs }: ListFileEntry): Promise<string> {
  const hash: Hash = createHash(lfs ? 'sha256' : 'sha1');
  if (!lfs) hash.update(`blob ${fs.statSync(file).size}\0`);
  for await (const piece of fs.createReadStream(file)) hash.update(piece as Buffer);
  return hash.digest('hex');
}

/** What the codes of the server mean. */
const answers: Readonly<Record<number, string>> = {
  401: 'it is not there, or not for everybody: check the name, or set HF_TOKEN to a token of yours',
  403: 'it is not for everybody: ask for it on its page, then set HF_TOKEN to a token of yours',
  404: 'there is no such model: check the name',
  429: 'the server asks for patience: run the same again later',
};

/** Does some work with the server. What the server or the network says becomes a UserError. */
async function asking(repository: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (error instanceof HubApiError)
      throw new UserError(
        `hf:${repository}: ${answers[error.statusCode] ?? `the server says ${error.statusCode}: run the same again later`}`,
      );
    const { cause, message } = error as Error & { cause?: { code?: string } };
    const network = /fetch failed|terminated|other side closed|aborted/.test(message);
    if (!network) throw error;
    throw new UserError(
      `hf:${repository}: no connection (${cause?.code ?? message}): check the network, HTTPS_PROXY and HF_ENDPOINT, then run the same again to go on`,
    );
  }
}
