import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { after } from 'node:test';

/** Makes a folder that is removed when the test file is done. */
export function temporaryFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'r1-test-'));
  after(() => fs.rmSync(folder, { recursive: true }));
  return folder;
}

/** Reads every file below a folder, so that its bytes can be compared before and after. */
export function contents(folder: string): Record<string, string> {
  const files = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
  const names = files.filter((file) => file.isFile()).map((f) => path.join(f.parentPath, f.name));
  return Object.fromEntries(
    names
      .sort()
      .map((name) => [path.relative(folder, name), fs.readFileSync(name).toString('base64')]),
  );
}
