/** Makes the answers to a chat request, piece by piece. */
import { UserError } from '../../core/errors';
import type { SpokenToken } from '../../sampling/speaker';
import type { Talker } from '../../stages/language/talk';
import { BadRequest } from '../loopback/requests';
import type { ChatRequest } from './request';

/** The log-probability of a token, as the protocol has it. */
interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[];
}

/** A piece of the answer number `index`. */
export interface AnswerPiece {
  readonly index: number;
  readonly text: string;
  readonly logprobs: readonly (TokenLogprob & { readonly top_logprobs: readonly TokenLogprob[] })[];
  /** at its end: why it ended */
  readonly finishReason?: 'stop' | 'length';
  /** tokens said in this piece */
  readonly tokens: number;
}

/** The ids of the conversation. One that the template refuses, and one that leaves no room, are BadRequests. */
export function promptOf({ tokenizer, config }: Talker, { messages }: ChatRequest): number[] {
  try {
    const ids = tokenizer.chatIds(messages);
    if (ids.length < config.contextLength) return ids;
    throw new UserError(`the conversation has ${ids.length} tokens, the context is ${config.contextLength}`); // prettier-ignore
  } catch (error) {
    if (error instanceof UserError) throw new BadRequest(error.message, 'messages');
    throw error;
  }
}

/** Says all answers, one after another. */
export async function* answersOf(
  talker: Talker,
  promptIds: readonly number[],
  request: ChatRequest,
  signal: AbortSignal,
): AsyncGenerator<AnswerPiece> {
  const { temperature, topP, seed, n, logprobs, topLogprobs } = request;
  const room = talker.config.contextLength - promptIds.length;
  const maxNewTokens = Math.min(request.maxNewTokens ?? room, room);
  for (let index = 0; index < n && !signal.aborted; index++) {
    const alternatives = logprobs ? topLogprobs : 0;
    const options = { temperature, topP, maxNewTokens, seed: seed + index, alternatives, signal };
    const tokens = talker.speaker.speak(promptIds, options);
    for await (const piece of untilStop(tokens, request.stop))
      yield {
        ...{ index, text: piece.text, tokens: piece.said.length },
        ...(piece.finishReason && { finishReason: piece.finishReason }),
        logprobs: logprobs ? piece.said.filter((t) => !t.isEnd).map((t) => logprobOf(t, talker)) : [], // prettier-ignore
      };
  }
}

interface Piece {
  readonly text: string;
  readonly said: readonly SpokenToken[];
  readonly finishReason?: 'stop' | 'length';
}

/**
 * Gives the text of tokens as it comes, up to the first of the stop texts. A text that may be the beginning of one is held
 * back until that is known.
 */
async function* untilStop(
  tokens: AsyncGenerator<SpokenToken, 'stop' | 'length'>,
  stops: readonly string[],
): AsyncGenerator<Piece> {
  let held = '';
  let said: SpokenToken[] = [];
  for (;;) {
    const next = await tokens.next();
    if (next.done) {
      yield { text: held, said, finishReason: next.value };
      return;
    }
    said.push(next.value);
    held += next.value.text;
    const ends = stops.map((stop) => held.indexOf(stop)).filter((at) => at >= 0);
    if (ends.length > 0) {
      await tokens.return('stop');
      yield { text: held.slice(0, Math.min(...ends)), said, finishReason: 'stop' };
      return;
    }
    const sure = held.length - longestBeginning(held, stops);
    if (sure === 0) continue;
    yield { text: held.slice(0, sure), said };
    held = held.slice(sure);
    said = [];
  }
}

/** The length of the longest end of a text with which a stop text begins. */
function longestBeginning(text: string, stops: readonly string[]): number {
  const lengths = stops.map((stop) => {
    let length = Math.min(stop.length - 1, text.length);
    while (length > 0 && !text.endsWith(stop.slice(0, length))) length--;
    return length;
  });
  return Math.max(0, ...lengths);
}

function logprobOf(
  { id, logprob, alternatives }: SpokenToken,
  { tokenizer }: Talker,
): AnswerPiece['logprobs'][0] {
  const entry = (token: number, value: number): TokenLogprob => {
    const text = tokenizer.decode([token]);
    return { token: text, logprob: value, bytes: [...Buffer.from(text)] };
  };
  const tops = alternatives.map((one) => entry(one.id, Math.log(one.probability)));
  return { ...entry(id, logprob), top_logprobs: tops };
}
