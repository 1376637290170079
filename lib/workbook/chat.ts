/** A chat under the running cell: with a language model, or with a model of this workbook, which answers problems. */
import { randomUUID } from 'node:crypto';
import { displayBundle } from '../core/display';
import { plainText } from '../core/markup';
import type { Model } from '../model/parameters';
import { createSpeaker, type Speaker, type SpokenToken } from '../sampling/speaker';
import type { Message, TextTokenizer } from '../tokenizer/textTokenizer';
import { workbookTokenizer } from '../tokenizer/workbookTokenizer';
import { readView } from './readView';
import { hasReader, openWidget, type Widget } from './widget';

/** A token of an answer, and what might have stood in its place. */
export interface ChatToken {
  readonly text: string;
  readonly probability: number;
  /** the likeliest at its place, the likeliest first */
  readonly others: readonly { readonly text: string; readonly probability: number }[];
}

/** What one side says, as far as it is said. */
export interface ChatTurn {
  readonly role: 'user' | 'assistant';
  /** of a user */
  readonly text?: string;
  /** of an assistant */
  readonly tokens?: readonly ChatToken[];
  /** why it was cut, or what went wrong */
  readonly note?: string;
}

/** What the browser shows. */
export interface ChatState {
  readonly name: string;
  /** what was said */
  readonly turns: readonly ChatTurn[];
  /** what is being said */
  readonly answer: ChatTurn | null;
  readonly temperature: number;
}

/** What the browser sends. */
export interface ChatWish {
  readonly say?: string;
  readonly temperature?: number;
  readonly stop?: boolean;
  readonly anew?: boolean;
}

export interface ChatOptions {
  /** how the model is called; default `the model` */
  readonly name?: string;
  /** what the person says first, so that there is something to read */
  readonly say?: string;
  /** default 0.7; 0 always says the likeliest token */
  readonly temperature?: number;
  /** of an answer; default 200 */
  readonly maxNewTokens?: number;
  readonly seed?: number;
}

export interface Chat {
  /** takes the chat away and frees what it holds; the model stays the caller's */
  end(): void;
}

/** Alternatives that are kept of each token. */
const alternatives = 5;

/** The browser gets the running answer so often, in milliseconds. */
const refresh = 100;

/** One conversation: how it stands, and with whom. */
interface Conversation {
  readonly tokenizer: TextTokenizer;
  readonly speaker: Speaker;
  readonly room: number;
  readonly maxNewTokens: number;
  turns: ChatTurn[];
  temperature: number;
  seed: number;
}

/**
 * Opens a chat. The first message, where one is given, is answered before this returns; then the person goes on, and the
 * cell does not wait. Where no browser listens, the first answer is printed.
 */
export async function chat(
  { config, parameters, tokenizer = workbookTokenizer }: Model,
  { name = 'the model', say, temperature = 0.7, maxNewTokens = 200, seed = 0 }: ChatOptions = {},
): Promise<Chat> {
  const speaker = createSpeaker({ config, parameters }, tokenizer);
  const room = config.contextLength;
  const talk: Conversation = { ...{ tokenizer, speaker, room, maxNewTokens }, turns: [], temperature, seed }; // prettier-ignore
  const widget = hasReader() ? openChat(name, talk) : null;
  if (say !== undefined) {
    await answer(talk, say, widget, new AbortController().signal);
    if (!widget)
      console.log(talk.turns.map((turn) => `${turn.role}: ${turnText(turn)}`).join('\n'));
  }
  return {
    end() {
      widget?.close();
      speaker.dispose();
    },
  };
}

/** Shows the chat under the cell, and does what the browser sends. */
function openChat(name: string, talk: Conversation): Widget | null {
  let answering: AbortController | null = null;
  const onWish = async ({ say, temperature, stop, anew }: ChatWish): Promise<void> => {
    if (temperature !== undefined) talk.temperature = temperature;
    if (stop || anew) answering?.abort();
    if (anew) {
      talk.turns = [];
      widget?.set({ turns: [], answer: null });
    }
    if (say === undefined || answering) return;
    answering = new AbortController();
    await answer(talk, say, widget, answering.signal);
    answering = null;
  };
  const state: ChatState = { name, turns: [], answer: null, temperature: talk.temperature };
  const widget = openWidget({
    ...readView('chat'),
    state: { ...state, wish: null },
    text: 'a chat: it needs JupyterLab and a running kernel',
    onChange: ({ wish }) => void onWish((wish ?? {}) as ChatWish),
  });
  if (widget) displayBundle(widget.bundle, randomUUID());
  return widget;
}

/** Answers a message, token by token. What cannot be answered is a note in place of the answer. */
async function answer(
  talk: Conversation,
  said: string,
  widget: Widget | null,
  signal: AbortSignal,
): Promise<void> {
  const turns: ChatTurn[] = [...talk.turns, { role: 'user', text: said }];
  talk.turns = turns;
  const tokens: ChatToken[] = [];
  widget?.set({ turns, answer: { role: 'assistant', tokens } });
  let note: string | undefined;
  try {
    const ids = talk.tokenizer.chatIds(turns.map(messageOf));
    const maxNewTokens = Math.min(talk.maxNewTokens, talk.room - ids.length);
    const { temperature, seed } = talk;
    const options = { temperature, seed, maxNewTokens, alternatives, signal };
    let shownAt = 0;
    let isWhole = false;
    for await (const token of talk.speaker.speak(ids, options)) {
      if (token.text !== '') tokens.push(chatToken(talk.tokenizer, token));
      isWhole = token.isEnd;
      if (Date.now() - shownAt < refresh) continue;
      widget?.set({ answer: { role: 'assistant', tokens } });
      shownAt = Date.now();
    }
    if (!isWhole) note = signal.aborted ? 'stopped' : `cut after ${maxNewTokens} tokens`;
  } catch (error) {
    note = (error as Error).message.split('\n')[0]!;
  }
  if (talk.turns !== turns) return; // it was begun anew
  talk.turns = [...turns, { role: 'assistant', tokens, note }];
  talk.seed++;
  widget?.set({ turns: talk.turns, answer: null });
}

function chatToken(
  tokenizer: TextTokenizer,
  { text, logprob, alternatives }: SpokenToken,
): ChatToken {
  const others = alternatives.map(({ id, probability }) => ({
    text: tokenizer.decode([id]),
    probability: rounded(probability),
  }));
  return { text, probability: rounded(Math.exp(logprob)), others };
}

const rounded = (x: number): number => Number(x.toPrecision(3));

const messageOf = (turn: ChatTurn): Message => ({ role: turn.role, content: textOf(turn).trim() });

const textOf = ({ text, tokens = [] }: ChatTurn): string =>
  text ?? tokens.map((token) => token.text).join('');

const turnText = (turn: ChatTurn): string =>
  plainText(textOf(turn).trim() + (turn.note === undefined ? '' : ` (${turn.note})`));
