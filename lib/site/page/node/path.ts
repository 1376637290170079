/** The functions of `node:path` that the library uses. */
export { basename, dirname, extname, join, relative, resolve } from 'pathe';
