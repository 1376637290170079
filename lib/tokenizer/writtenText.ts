import type { TextTokenizer } from './textTokenizer';

/** What stands at the end of a completion that the model ended by itself. */
const endMark = '<eos>';

/** A completion in words: its text without spaces around it, and whether the model ended it by itself. */
export interface ReadText {
  readonly text: string;
  readonly finished: boolean;
}

/** Takes a completion apart. The end mark counts at the very end alone: elsewhere it is ordinary text. */
export function readText(completion: string): ReadText {
  const finished = completion.endsWith(endMark);
  const text = finished ? completion.slice(0, -endMark.length) : completion;
  return { text: text.trim(), finished };
}

/** Returns a completion as verifiers read it. A text that is cut never ends like one that is finished. */
export function writtenText(text: string, finished: boolean): string {
  return finished ? text + endMark : text.endsWith(endMark) ? `${text} ` : text;
}

/** Returns the ids of a completion as `writtenText` has it: its end mark is the first end token of the model. */
export function writtenIds(completion: string, tokenizer: TextTokenizer): number[] {
  const { text, finished } = readText(completion);
  return [...tokenizer.answerIds(text), ...(finished ? tokenizer.endTokens.slice(0, 1) : [])];
}
