import { plainText } from './markup';

/** The longest message of a UserError, in characters; of a longer one the middle is left out. */
const longestMessage = 500;

/**
 * An error that the person can mend: bad input, a missing file, a full disk. Commands print its message as one line and
 * nothing else. Every other error is a defect of the code and keeps its stack. A message may quote any file or name:
 * it is shortened and written as `plainText`.
 */
export class UserError extends Error {
  override name = 'UserError';
  constructor(message: string) {
    super(plainText(shortened(message)));
  }
}

function shortened(text: string): string {
  const half = longestMessage / 2;
  return text.length > longestMessage ? `${text.slice(0, half)} … ${text.slice(-half)}` : text;
}

/**
 * The error of a step that must not be learned from: a reward, a rate, a loss or a gradient in it is no finite number, or
 * an update has thrown the weights far away. `evidence` is the content of a file from which the step can be repeated.
 */
export class BadStep extends UserError {
  override name = 'BadStep';
  constructor(
    message: string,
    readonly evidence: string | Uint8Array,
  ) {
    super(message);
  }
}

/** The error that ends a cell whose run was stopped, so that the cells below do not go on with half of a run. */
export class Stopped extends UserError {
  override name = 'Stopped';
}
