/** The labelling panel as a browser draws it; tests/preferences.test.ts has its half in the kernel. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Script } from 'node:vm';
import type { Answer, LabelState } from '../lib/workbook/labelPanel';
import { readView } from '../lib/workbook/readView';
import { drawView, type FakeElement } from './support/fakeDom';

/** A widget's model in the browser, with what was sent to the kernel. */
function fakeModel(state: LabelState) {
  const sent: Omit<Answer & { at: number }, 'at'>[] = [];
  const listeners: (() => void)[] = [];
  let next: Answer & { at: number };
  return {
    sent,
    get: (name: keyof LabelState) => state[name],
    set: (_: 'answer', answer: Answer & { at: number }) => void (next = answer),
    save_changes: () => {
      const { at, ...answer } = next;
      assert.ok(at > 0);
      sent.push(answer);
    },
    on: (event: string, listener: () => void) => {
      assert.match(event, /^change:(index|done)$/);
      listeners.push(listener);
    },
    /** what the kernel sends */
    turnTo(changed: LabelState) {
      state = changed;
      listeners.forEach((listener) => listener());
    },
  };
}

const first: LabelState = { index: 0, total: 2, done: false, prompt: 'hi 1 2 _', a: 'say 3', b: 'no' }; // prettier-ignore

test('a pair is shown, and clicks and keys say which answer is better', async () => {
  const model = fakeModel(first);
  const box = await drawView('labelPanel', model);
  const press = (key: string, more = {}): boolean => {
    let taken = false;
    const preventDefault = (): void => void (taken = true);
    box.listeners.keydown!({ key, preventDefault, stopPropagation: () => {}, ...more });
    return taken;
  };
  const buttons = (): FakeElement[] => box.withTag('button');
  const texts = ['A (1)say 3', 'B (2)no', 'equally good (0)', 'undo (u)'];
  assert.deepEqual(buttons().map((e) => e.textContent), texts); // prettier-ignore
  assert.deepEqual(buttons().map((e) => e.disabled), [false, false, false, true]); // prettier-ignore
  assert.equal(box.withTag('p')[0]!.textContent, 'Which answer is better? hi 1 2 _');
  const status = (): string => box.all((e) => e.attributes['aria-live'] === 'polite')[0]!.textContent; // prettier-ignore
  assert.equal(status(), ' 0 of 2 labelled');

  buttons().slice(0, 3).forEach((button) => button.fire()); // prettier-ignore
  for (const key of ['1', 'ArrowLeft', '2', 'ArrowRight', '0', 'u']) assert.ok(press(key));
  const said = [1, 0, 0.5, 1, 1, 0, 0, 0.5].map((label) => ({ index: 0, label }));
  assert.deepEqual(model.sent, [...said, { index: 0, undo: true }]);
  assert.ok(!press('x') && !press('1', { ctrlKey: true }));
  assert.equal(model.sent.length, 9);
});

test('the next pair takes the place of the first one; in the end nothing is left but to undo', async () => {
  const model = fakeModel(first);
  const box = await drawView('labelPanel', model);
  model.turnTo({ index: 1, total: 2, done: false, prompt: 'bye _', a: 'x', b: 'y' });
  assert.equal(box.withTag('p')[0]!.textContent, 'Which answer is better? bye _');
  const [bar] = box.withTag('progress');
  assert.deepEqual([bar!.attributes.max, bar!.attributes.value], ['2', '1']);
  assert.equal(box.withTag('button')[3]!.disabled, false);

  model.turnTo({ index: 2, total: 2, done: true });
  assert.equal(box.textContent, 'All pairs are labelled. Run the next cell.undo (u) 2 of 2 labelled'); // prettier-ignore
  box.listeners.keydown!({ key: '1', preventDefault() {}, stopPropagation() {} });
  assert.deepEqual(model.sent, []); // there is no pair to label
  box.withTag('button')[0]!.fire();
  assert.deepEqual(model.sent, [{ index: 2, undo: true }]);
});

for (const name of ['labelPanel', 'trainingPanel', 'inspector', 'chat'])
  test(`${name}: the program is one file without imports, which names every class of its style sheet`, () => {
    const { esm, css } = readView(name);
    assert.doesNotMatch(esm, /^import /m);
    const body = esm.replace(/export default {.*};/, '');
    assert.ok(new Script(body));
    const classes = new Set(css!.match(/(?<=\.)[a-z][\w-]*(?=[^{}]*\{)/g));
    for (const one of classes) assert.ok(esm.includes(one), one);
  });
