/** Whether an exercise is solved: never an error, always a line that helps. */

export interface CheckOptions {
  /** how far a number may be off; default 1e-6 */
  readonly tolerance?: number;
  /** said when the answer is wrong */
  readonly hint?: string;
}

/**
 * Compares an answer with what is expected and says so in one line: a value, or what a function returns. Numbers may be
 * off by the tolerance, arrays and plain objects are compared part by part. Code that fails is a wrong answer.
 */
export function check(
  exercise: string,
  answer: unknown,
  expected: unknown,
  { tolerance = 1e-6, hint }: CheckOptions = {},
): void {
  const outcome = valueOf(answer);
  const isNotYet = outcome.value === false && expected === true;
  const problem = isNotYet
    ? 'not yet'
    : (outcome.failure ?? differenceBetween(outcome.value, expected, tolerance, 'the answer'));
  if (problem === null) console.log(`✓ ${exercise}`);
  else console.log(`✗ ${exercise}: ${problem}${hint ? `\n  hint: ${hint}` : ''}`);
}

function valueOf(answer: unknown): { value?: unknown; failure?: string } {
  if (typeof answer !== 'function') return { value: answer };
  try {
    return { value: (answer as () => unknown)() };
  } catch (error) {
    return {
      failure: `your code failed with ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/** The first difference in words, or null. */
function differenceBetween(
  value: unknown,
  expected: unknown,
  tolerance: number,
  where: string,
): string | null {
  if (Object.is(value, expected)) return null;
  if (value === undefined) return `${where} is not there yet, expected ${text(expected)}`;
  if (typeof expected === 'number' && typeof value === 'number')
    return Math.abs(value - expected) <= tolerance ? null : not(value, expected, where);
  if (Array.isArray(expected) && Array.isArray(value) && expected.length !== value.length)
    return `${where} has ${value.length} parts, expected ${expected.length}`;
  if (isObject(expected) && isObject(value)) {
    for (const key of Object.keys(expected)) {
      const inside = Array.isArray(expected) ? `part ${key}` : key;
      const found = differenceBetween(value[key], expected[key], tolerance, inside);
      if (found !== null) return found;
    }
    return null;
  }
  return not(value, expected, where);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const not = (value: unknown, expected: unknown, where: string): string =>
  `${where} is ${text(value)}, expected ${text(expected)}`;

/** Short enough for one line. */
function text(value: unknown): string {
  const whole = typeof value === 'number' ? String(Number(value.toPrecision(6))) : jsonOf(value);
  return whole.length > 80 ? `${whole.slice(0, 77)}…` : whole;
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value); // refers to itself
  }
}
