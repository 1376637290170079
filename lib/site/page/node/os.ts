/** The functions of `node:os` that the library uses: a page has one process, and is not told how much memory is free. */
export const availableParallelism = (): number => 1;
export const cpus = (): never[] => [];
export const hostname = (): string => 'browser';
export const tmpdir = (): string => '/tmp';
export const freemem = (): number => 2 ** 32;
export const totalmem = (): number => 2 ** 32;
