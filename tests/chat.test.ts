/** The chat: its half in the kernel with a random model, and its half in the browser on a fake page. */
import './support/withoutXla';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tf } from '../lib/engine/tensorflow';
import { workbookTokenizer } from '../lib/tokenizer/workbookTokenizer';
import { vocabulary } from '../lib/tokenizer/vocabulary';
import { chat, type ChatState, type ChatToken, type ChatTurn, type ChatWish } from '../lib/workbook/chat'; // prettier-ignore
import { drawView, type FakeElement } from './support/fakeDom';
import { microConfig, randomParameters } from './support/microModel';

const config = { ...microConfig(), vocabSize: vocabulary.length };
const model = { config, parameters: randomParameters(config, 5) };
const question = 'make 26 : 3 5 7';

/** Puts a notebook's side of the talk in place; what the kernel sends is merged into `state`. */
function fakeNotebook() {
  const notebook = { state: {} as ChatState, wish: (_: ChatWish): void => undefined, updates: 0 };
  const comms = {
    open(
      _: string,
      data: { state: ChatState },
      onMessage: (message: object, reply: () => void) => void,
    ) {
      notebook.state = { ...data.state };
      notebook.wish = (wish) => onMessage({ method: 'update', state: { wish } }, () => undefined);
      const send = ({ state }: { state: Partial<ChatState> }): void => {
        notebook.updates++;
        Object.assign(notebook.state, structuredClone(state));
      };
      return { id: 'c1', send, close: () => undefined };
    },
  };
  Object.assign(globalThis, { [Symbol.for('r1.comm')]: comms });
  return notebook;
}

const textOf = ({ tokens = [] }: ChatTurn): string => tokens.map(({ text }) => text).join('');

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('messages are answered token by token, stopped, refused, and begun anew; no tensor stays', async () => {
  const notebook = fakeNotebook();
  const before = tf.memory().numTensors;
  const talk = await chat(model, { name: 'Ada', say: question, maxNewTokens: 6, seed: 1 });
  const [asked, answered] = notebook.state.turns;
  assert.deepEqual(asked, { role: 'user', text: question });
  assert.equal(answered!.note, 'cut after 6 tokens');
  assert.equal(answered!.tokens!.length, 6);
  for (const { text, others, probability } of answered!.tokens!) {
    assert.equal(others.length, 5);
    assert.ok(others[0]!.probability >= probability);
    assert.ok(workbookTokenizer.encode(text.trim()).length === 1);
  }
  notebook.wish({ temperature: 0 });
  notebook.wish({ anew: true });
  assert.equal(notebook.state.turns.length, 0);

  // At temperature 0 the seed does not matter: both say the same.
  const says = async (): Promise<string> => {
    notebook.wish({ say: question });
    await until(() => notebook.state.turns.length === 2);
    const said = textOf(notebook.state.turns[1]!);
    notebook.wish({ anew: true });
    return said;
  };
  assert.equal(await says(), await says());

  notebook.wish({ say: 'hello there' });
  await until(() => notebook.state.turns.length === 2);
  assert.match(notebook.state.turns[1]!.note!, /unknown token "hello"/);
  assert.equal(notebook.state.answer, null);
  talk.end();
  assert.equal(tf.memory().numTensors, before);
});

test('an answer can be stopped, and a message that comes meanwhile is not said twice', async () => {
  const notebook = fakeNotebook();
  const talk = await chat(model, { maxNewTokens: 30 });
  notebook.wish({ say: question });
  notebook.wish({ say: question });
  notebook.wish({ stop: true });
  await until(() => notebook.state.turns.length === 2);
  assert.equal(notebook.state.turns[1]!.note, 'stopped');
  assert.ok(notebook.state.turns[1]!.tokens!.length < 30);
  talk.end();
});

const token = (text: string, probability = 0.25): ChatToken => ({ text, probability, others: [{ text: 'else', probability: 0.7 }] }); // prettier-ignore

test('the page shows what is said, folds what is thought, and tells how likely each token was', async () => {
  const sent: ChatWish[] = [];
  const listeners: (() => void)[] = [];
  let wish: ChatWish & { at?: number } = {};
  let state: ChatState = { name: 'Ada', turns: [], answer: null, temperature: 0.7 };
  const box = await drawView('chat', {
    get: (name: keyof ChatState) => state[name],
    set: (_: 'wish', value: ChatWish & { at: number }) => void (wish = value),
    save_changes: () => {
      const { at, ...rest } = wish;
      assert.ok(at! > 0);
      sent.push(rest);
    },
    on: (_: string, listener: () => void) => void listeners.push(listener),
  });
  const show = (patch: Partial<ChatState>): void => {
    state = { ...state, ...patch };
    listeners.forEach((listener) => listener());
  };
  const [form] = box.withTag('form');
  const [range, text] = box.withTag('input') as [FakeElement, FakeElement];
  const [send, stop, anew] = box.withTag('button') as [FakeElement, FakeElement, FakeElement];
  const submit = (said: string): void => {
    text.value = said;
    form!.listeners.submit!({ preventDefault: () => undefined });
  };
  submit('  ');
  submit(' hi ');
  stop.fire();
  anew.fire();
  range.valueAsNumber = 0.2;
  range.fire('change');
  assert.deepEqual(sent, [{ say: 'hi' }, { stop: true }, { anew: true }, { temperature: 0.2 }]);

  const tokens = ['<think>', ' well', '</think>', ' yes', '<b>'].map((one) => token(one));
  const asked: ChatTurn = { role: 'user', text: 'hi' };
  show({ turns: [asked], answer: { role: 'assistant', tokens: tokens.slice(0, 2) } });
  assert.equal(send.disabled, true);
  submit('too early');
  assert.equal(sent.length, 4);
  assert.ok(box.textContent.includes('thinking, 2 tokens<think> well …'));
  show({ turns: [asked, { role: 'assistant', tokens, note: 'stopped' }], answer: null });
  const [fold] = box.withTag('details');
  assert.equal(fold!.textContent, 'thinking, 3 tokens<think> well</think>');
  const [list] = box.all(({ attributes }) => attributes.role === 'listbox');
  assert.ok(box.textContent.includes(' yes<b> (stopped)'));
  list!.listeners.keydown!({ key: 'ArrowRight', preventDefault: () => undefined });
  list!.listeners.keydown!({ key: 'ArrowRight', preventDefault: () => undefined });
  const [readout] = box.all(({ attributes }) => attributes.class === 'readout');
  assert.equal(readout!.textContent, '" well" 25 % · "else" 70 %');
  show({ turns: [] });
  assert.equal(box.all(({ attributes }) => attributes.role === 'listbox').length, 0);
});
