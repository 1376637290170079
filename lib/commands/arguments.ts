import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UserError } from '../core/errors';

/** The options of a command, as `parseArgs` of Node takes them. */
export type Options = NonNullable<ParseArgsConfig['options']>;

/** What `parseArgs` of Node returns for these options. */
export type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ options: T; allowPositionals: true; strict: true }>
>;

/**
 * Reads the command line. An unknown option or a missing value is a one-line error; `--help` prints the help and ends
 * the process.
 */
export function readArguments<T extends Options>(help: string, options: T): Parsed<T> {
  const all = { ...options, help: { type: 'boolean' } } as const;
  try {
    const parsed = parseArgs({ options: all, allowPositionals: true, strict: true });
    if ((parsed.values as { help?: boolean }).help) {
      console.log(help.trim());
      process.exit(0);
    }
    return parsed as unknown as Parsed<T>;
  } catch (error) {
    const message = (error as Error).message.split('.')[0]!;
    throw new UserError(`${message.charAt(0).toLowerCase()}${message.slice(1)}: see --help`);
  }
}

/** Reads a whole number from the command line. Anything else is a UserError that names the option. */
export function wholeNumber(text: string, option: string, least = 0): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least)
    throw new UserError(`invalid ${option}: ${text}: use a whole number from ${least} up`);
  return value;
}

/**
 * Runs a command and sets the exit code to the number that it returns. A UserError ends it with one line and code 2,
 * a defect with its stack.
 */
export async function runCommand(
  main: () => Promise<number | void> | number | void,
): Promise<void> {
  process.stdout.on('error', () => process.exit(0)); // a pipe whose reader has ended, such as `head`, is no error
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
