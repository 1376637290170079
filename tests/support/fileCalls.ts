/** Lets a test act at the calls by which the code of lib/ changes files. */
import fs from 'node:fs';

const names = ['mkdirSync', 'mkdtempSync', 'writeFileSync', 'renameSync', 'rmSync', 'rmdirSync'] as const; // prettier-ignore

/** A call that changes a file or a folder. */
export interface FileCall {
  readonly name: (typeof names)[number];
  readonly file: string;
  /** does what the call is there for, and returns its result */
  readonly make: () => unknown;
  /** does half of it: for a file that is written, the first half of its bytes are */
  readonly makeHalf: () => void;
}

type Method = (file: string, ...rest: unknown[]) => unknown;

/** Calls `act` in place of each such call, until the function that is returned is called. */
export function atFileCalls(act: (call: FileCall) => unknown): () => void {
  const methods = fs as unknown as Record<string, Method>;
  const usual = names.map((name) => [name, methods[name]!] as const);
  let inside = false; // Node makes some of these calls by means of others
  for (const [name, method] of usual)
    methods[name] = (file, ...rest) => {
      const make = (): unknown => method.call(fs, file, ...rest);
      if (inside) return make();
      inside = true;
      const makeHalf = (): void => {
        if (name !== 'writeFileSync') return;
        const data = Buffer.from(rest[0] as string | Uint8Array);
        method.call(fs, file, data.subarray(0, data.length / 2), rest[1]);
      };
      try {
        return act({ name, file, make, makeHalf });
      } finally {
        inside = false;
      }
    };
  return () => {
    for (const [name, method] of usual) methods[name] = method;
  };
}
