/**
 * An error that the person can mend: bad input, a missing file, a full disk. Commands print its message as one line and
 * nothing else. Every other error is a defect of the code and keeps its stack.
 */
export class UserError extends Error {
  override name = 'UserError';
}

/** The error that ends a cell whose run was stopped, so that the cells below do not go on with half of a run. */
export class Stopped extends UserError {
  override name = 'Stopped';
}
