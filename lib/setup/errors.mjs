/** An error that keeps the set-up from going on, with the one line that says how to mend it. */
export class SetupError extends Error {
  /**
   * @param {string} cause short, lower case, with the value
   * @param {string} fix what to do about it
   */
  constructor(cause, fix) {
    super(cause);
    this.fix = fix;
  }
}

const again = 'then run the same command again';

/** What the tools print, what it means, and what to do. The first match counts: keep the specific ones first. */
const knownFailures = /** @type {readonly [RegExp, string, string][]} */ ([
  [/ENOSPC|No space left on device/i, 'the disk is full', `free some space, ${again}`],
  [
    /DO NOT MATCH THE HASHES/,
    'a downloaded wheel has the wrong checksum and was deleted',
    'run the same command again; if it repeats, a proxy or mirror changes what you download',
  ],
  [
    /CERTIFICATE_VERIFY_FAILED|SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY)/,
    'the connection is not trusted: a certificate is missing',
    `set PIP_CERT and NODE_EXTRA_CA_CERTS to the certificate file of your network, ${again}`,
  ],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|(NewConnection|NameResolution|Proxy|ConnectTimeout|ReadTimeout|Protocol)Error|Read timed out|Network is unreachable|Temporary failure in name resolution/,
    'no network, or the package server does not answer',
    `check the connection and the proxy settings, ${again}`,
  ],
  [
    /No matching distribution|Could not find a version/,
    'the package index does not offer a version that is needed here',
    'see `pip config list`: the index in use must carry what the public one does',
  ],
  [/No module named '?pip/, 'this Python has no pip', 'install pip: python3 -m ensurepip'],
  [
    /EACCES|EPERM|EROFS|Permission denied|Read-only file system/,
    'no permission to write',
    `make the folder writable, or set R1_CACHE to a folder of yours, ${again}`,
  ],
]);

/**
 * Returns the error for a tool that failed. It says a known cause in plain words, or repeats the tool's own lines.
 * @param {string} tool
 * @param {string} output everything that the tool printed
 */
export function failureOf(tool, output) {
  const known = knownFailures.find(([pattern]) => pattern.test(output));
  if (!known) {
    const said = errorLines(output).join('\n  ');
    return new SetupError(`${tool} failed:\n  ${said}`, `put right what it says, ${again}`);
  }
  const [pattern, cause, fix] = known;
  const line = output.split('\n').find((text) => pattern.test(text)) ?? '';
  return new SetupError(`${tool}: ${cause}\n  ${line.trim().slice(0, 120)}`, fix);
}

/**
 * Returns the first lines that speak of an error, or else the last lines: at least one, at most three.
 * @param {string} output
 */
export function errorLines(output) {
  const lines = output
    .split('\n')
    .map((line) => line.trim().slice(0, 200))
    .filter(Boolean);
  const errors = lines.filter((line) => /\b(error|fatal)\b/i.test(line));
  const shown = errors.length > 0 ? errors.slice(0, 3) : lines.slice(-3);
  return shown.length > 0 ? shown : ['it printed nothing'];
}
