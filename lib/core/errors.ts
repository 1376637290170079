/**
 * Something the person can mend: bad input, a missing file, no room. Commands print its message as one line
 * and nothing else; every other error is a defect and keeps its stack.
 */
export class UserError extends Error {
  override name = 'UserError';
}
