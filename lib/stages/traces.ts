/** Data sets of traces: problems with a completion to learn from, one JSON object a line. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { isCount, isText, oneOf } from '../core/fields';
import { plainName, readTextFile, writeFileAtomic } from '../core/files';
import { jsonLines, parseJsonLines } from '../core/jsonLines';
import { isInWords, isKnown, taskNamed } from '../tasks/index';
import type { TextTokenizer } from '../tokenizer/textTokenizer';
import { encode } from '../tokenizer/tokenizer';
import { languages } from '../tokenizer/vocabulary';
import { writtenIds } from '../tokenizer/writtenText';
import type { PromptedSequence } from '../training/sharedPacking';
import { shortPath, type Place } from './places';

/** A line of a data set. */
export interface Trace {
  /** where it comes from, such as `reasoning`, `give-up` or `general` */
  readonly kind: string;
  readonly task: string;
  readonly level: number;
  readonly language: string;
  /** without `<bos>` */
  readonly prompt: string;
  readonly completion: string;
}

export const traceFile = (place: Place, name: string): string =>
  path.join(place, 'traces', `${plainName(name)}.jsonl`);

export function writeTraces(file: string, traces: readonly Trace[]): void {
  writeFileAtomic(file, jsonLines(traces));
}

const fields = {
  kind: isText,
  task: isText,
  level: isCount,
  language: oneOf(...languages),
  prompt: isText,
  completion: isText,
};

/** Reads a data set. A missing file and a line that is no trace are UserErrors that name it. */
export function readTraces(file: string): Trace[] {
  const where = shortPath(file);
  if (!fs.existsSync(file))
    throw new UserError(`no traces at ${where}: run the stage that collects them`);
  return parseJsonLines<Trace>(readTextFile(file), {
    where,
    what: 'trace',
    fields,
    check: ({ task, prompt, completion }) =>
      (isKnown(task) && isInWords(taskNamed(task))) || encode(`${prompt} ${completion}`),
    fix: 'collect them anew, or remove that line',
  });
}

/**
 * Returns a trace as a training sequence, in which only the tokens of the completion are learned; with the tokenizer of a
 * language model as a conversation.
 */
export function traceSequence(
  { prompt, completion }: Trace,
  tokenizer?: TextTokenizer,
): PromptedSequence<'weights'> {
  const promptIds = tokenizer
    ? tokenizer.chatIds([{ role: 'user', content: prompt }])
    : encode(`<bos> ${prompt}`);
  const ids = [...promptIds, ...(tokenizer ? writtenIds(completion, tokenizer) : encode(completion))]; // prettier-ignore
  const weights = ids.slice(1).map((_, i) => (i + 1 < promptIds.length ? 0 : 1));
  return { ids, promptLength: promptIds.length, channels: { weights } };
}
