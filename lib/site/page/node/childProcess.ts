/** The functions of `node:child_process` that the library uses: a page has no other processes. */

/** Set when the site is built: the commit that it is made of. */
declare const builtFrom: string;

/** The library asks for one command alone, that which names the commit. */
export const execFileSync = (): string => builtFrom;

export function fork(): never {
  throw new Error('a page starts no processes');
}
