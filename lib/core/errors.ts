/**
 * Something the person can mend: bad input, a missing file, no room. Commands print its message as one line
 * and nothing else; every other error is a defect and keeps its stack.
 */
export class UserError extends Error {
  override name = 'UserError';
}

/** The person stopped a run: the cells after this one shall not go on with half of it. */
export class Stopped extends UserError {
  override name = 'Stopped';
}
