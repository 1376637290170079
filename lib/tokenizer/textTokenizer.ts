/** What a language model reads and writes, as plain functions. The workbook's own vocabulary is in `vocabulary.ts`. */

/** One turn of a conversation. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** Gives the text of ids that come one by one, and never half a character. What it gives in all is `decode` of them all. */
export interface TextStream {
  /** the text that this token completes; it may be empty */
  push(id: number): string;
  /** what is left at the end */
  end(): string;
}

/** The tokenizer of a language model, with the template of its conversations. */
export interface TextTokenizer {
  /**
   * The ids of a text. Nothing is added to it, and where it holds the text of a special token it becomes that token, as in
   * `transformers`: what a person or a file says goes through `chatIds`.
   */
  encode(text: string): number[];
  /** the text of any ids, special tokens as they are written; an id without a token reads `<unk:ID>` */
  decode(ids: ArrayLike<number>): string;
  /**
   * The ids of a conversation up to the place where the model answers. Only the template writes special tokens; in a
   * message they are spelled by others. A conversation that cannot be written is a UserError.
   */
  chatIds(messages: readonly Message[]): number[];
  /** the ids of an answer to learn from, which like a message writes no special tokens; its end token is not among them */
  answerIds(text: string): number[];
  /** the tokens that end an answer */
  readonly endTokens: readonly number[];
  stream(): TextStream;
}
