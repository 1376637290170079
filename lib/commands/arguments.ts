import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UserError } from '../core/errors';

/** The options of a command, as `parseArgs` of Node takes them. */
export type Options = NonNullable<ParseArgsConfig['options']>;

/** What `parseArgs` of Node returns for these options. */
export type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ options: T; allowPositionals: true; strict: true }>
>;

/**
 * Reads the command line. An unknown option, a missing value, and a name where the command does not take names are
 * one-line errors; `--help` prints the help and ends the process.
 */
export function readArguments<T extends Options>(
  help: string,
  options: T,
  allowPositionals = false,
): Parsed<T> {
  const all = { ...options, help: { type: 'boolean' } } as const;
  try {
    const parsed = parseArgs({ options: all, allowPositionals, strict: true });
    if ((parsed.values as { help?: boolean }).help) {
      console.log(help.trim());
      process.exit(0);
    }
    return parsed as unknown as Parsed<T>;
  } catch (error) {
    const [message] = (error as Error).message.split(/\. |\n/) as [string]; // advice follows the first sentence
    throw new UserError(`${message.charAt(0).toLowerCase()}${message.slice(1)}: see --help`);
  }
}

/**
 * Reads a whole number from the command line, written in digits. Anything else, and a number that is too large to be
 * exact, is a UserError that names the option.
 */
export function wholeNumber(text: string, option: string, least = 0): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least)
    throw new UserError(`invalid ${option}: ${text}: use a whole number from ${least} up`);
  return value;
}

/**
 * Reads a number from 0.001 to `most` from the command line, such as 0.7. Anything else is a UserError that names
 * the option.
 */
export function positiveNumber(text: string, option: string, most: number): number {
  const value = Number(text);
  if (!/^(\d+\.?\d*|\.\d+)$/.test(text) || !(value >= 0.001 && value <= most))
    throw new UserError(`invalid ${option}: ${text}: use a number from 0.001 to ${most}`);
  return value;
}

/** Reads a number from 0 to `most` from the command line. Anything else is a UserError that names the option. */
export function nonNegativeNumber(text: string, option: string, most: number): number {
  const value = Number(text);
  if (!/^(\d+\.?\d*|\.\d+)$/.test(text) || !(value <= most))
    throw new UserError(`invalid ${option}: ${text}: use a number from 0 to ${most}`);
  return value;
}

/**
 * Runs a command and sets the exit code to the number that it returns. A UserError ends it with one line and code 2, and
 * so does an error of the file system, such as a folder in the place of a file. A defect ends it with its stack.
 */
export async function runCommand(
  main: () => Promise<number | void> | number | void,
): Promise<void> {
  process.stdout.on('error', () => process.exit(0)); // a pipe whose reader has ended, such as `head`, is no error
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    const known = error instanceof UserError ? error : fileSystemError(error);
    if (!known) throw error;
    console.error(known.message);
    process.exitCode = 2;
  }
}

/** Returns an error of the file system as a line for people, such as `EISDIR: illegal operation on a directory, read`. */
function fileSystemError(error: unknown): UserError | null {
  const { syscall, message } = error as NodeJS.ErrnoException;
  return error instanceof Error && syscall !== undefined ? new UserError(message) : null;
}
