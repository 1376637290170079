/** The function of `node:util` that the library uses. */
export { default as isDeepStrictEqual } from 'fast-deep-equal';
