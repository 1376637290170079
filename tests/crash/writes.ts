/** Fails each call that changes a file once, and makes what was cut off again. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../../lib/core/errors';
import { atFileCalls, type FileCall } from '../support/fileCalls';
import { differencesBetween, fingerprint } from './fingerprint';

/** What a system says of a full disk, a read-only one, and a quota that is used up. */
export const diskErrors = ['ENOSPC', 'EROFS', 'EDQUOT'] as const;

export interface WritesDose {
  /** a folder that is there before the work begins; it stays as it is */
  readonly before: string;
  /** an empty folder to work in */
  readonly folder: string;
  /** the work, which goes on from what is in its folder */
  readonly make: (place: string) => void | Promise<void>;
  readonly onProgress?: (done: number, calls: number) => void;
}

export interface WritesReport {
  readonly calls: number;
  /** calls after whose failure the work was told of in one line, and became what it is without the failure */
  readonly survived: number;
  readonly faults: readonly string[];
}

/** Does some work while its call number `failing` fails. Returns the number of calls, and the error. */
async function workWithFailure(
  work: () => void | Promise<void>,
  failing: number,
): Promise<{ calls: number; failed: FileCall | null; error: unknown }> {
  let calls = 0;
  let failed: FileCall | null = null;
  const restore = atFileCalls((call) => {
    if (calls++ !== failing) return call.make();
    failed = call;
    const code = diskErrors[failing % diskErrors.length]!;
    if (code !== 'EROFS') call.makeHalf();
    throw Object.assign(new Error(`${code}: the test says so, ${call.name}`), { code, syscall: 'write' }); // prettier-ignore
  });
  try {
    await work();
    return { calls, failed, error: null };
  } catch (error) {
    return { calls, failed, error };
  } finally {
    restore();
  }
}

/** What is given back when the work ends stays where the disk refuses it, and the work has not failed by that. */
const isGivingBack = ({ name, file }: FileCall): boolean =>
  name === 'rmdirSync' || (name === 'rmSync' && path.basename(file) === 'run.lock');

/** Returns the paths of half-written files below a folder. */
const halfWritten = (folder: string): string[] =>
  fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.tmp'));

/** Makes the work once undisturbed, and then once for each of its calls, which fails. */
export async function failEachWrite(dose: WritesDose): Promise<WritesReport> {
  const { before, folder, make, onProgress = () => {} } = dose;
  const place = path.join(folder, 'place');
  const anew = (): void => {
    fs.rmSync(place, { recursive: true, force: true });
    fs.cpSync(before, place, { recursive: true });
  };
  anew();
  const undisturbed = await workWithFailure(() => make(place), -1);
  assert.equal(undisturbed.error, null);
  const wanted = fingerprint(place);
  const faults: string[] = [];
  // What is made once in a process is not made again, so the calls are counted as they fail.
  for (let failing = 0; ; failing++) {
    anew();
    const { failed, error } = await workWithFailure(() => make(place), failing);
    if (failed === null) return { calls: failing, survived: failing - faults.length, faults };
    const what = `call ${failing}, ${failed.name} ${path.basename(failed.file)}`;
    const found: string[] = [];
    if (error === null ? !isGivingBack(failed) : !(error instanceof UserError))
      found.push(error === null ? 'nothing is said' : String((error as Error).stack));
    if (failed.name !== 'rmSync') found.push(...halfWritten(place).map((name) => `${name} is left half-written`)); // prettier-ignore
    await make(place);
    found.push(...differencesBetween(wanted, fingerprint(place)));
    if (found.length > 0) faults.push(`${what}: ${found.join('; ')}`);
    onProgress(failing + 1, undisturbed.calls);
  }
}
