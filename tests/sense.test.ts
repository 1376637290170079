/** What a rule forgets: perplexity and distinct sentences, against numbers worked out by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aboutReward } from '../lib/rewards/messy';
import { frameOf, senseOf } from '../lib/stages/language/sense';
import { isAbout } from '../lib/tasks/words/about';
import type { WordsProblem } from '../lib/tasks/words/words';
import { assertAllclose } from './support/allclose';

const problem = (subject: string, ...words: string[]): WordsProblem => ({ task: 'words', level: 1, subject, words, count: 0 }); // prettier-ignore

test('a frame is a sentence without what was asked for', () => {
  const cats = problem('cats', 'moon');
  assert.equal(frameOf(cats, 'A cat sees the moon.<eos>'), '~ sees _.');
  assert.equal(frameOf(problem('a dog', 'Sun'), 'The dogs see a sun.'), '~ see _.');
  assert.equal(frameOf(cats, 'Moonlight for cats'), 'moonlight for ~');
  assert.equal(frameOf(problem('my uncle', 'two', 'red'), 'My uncle has two red cars'), '~ has _ _ cars'); // prettier-ignore
  assert.equal(frameOf({ task: 'sums', level: 1 }, 'Answer: 3<eos>'), 'answer: 3');
});

test('a sentence is about its subject when it names it and does not speak of the request', () => {
  const cats = problem('cats', 'moon');
  assert.equal(isAbout(cats, 'A cat sees the moon.<eos>'), true);
  assert.equal(isAbout(cats, 'The moon shines.<eos>'), false);
  assert.equal(isAbout(cats, 'The cats contain the word "moon".<eos>'), false);
  assert.equal(isAbout(cats, 'This sentence has cats and the moon.<eos>'), false);
  // a word that was asked for may be said
  assert.equal(isAbout(problem('a cat', 'letter'), 'A cat reads a letter.'), true);
  assert.equal(isAbout(problem('writing', 'cat'), 'Writing calms a cat.'), true);
  assert.equal(isAbout(problem('my cousin', 'write'), 'My cousin can write well.'), true);
  const paid = (text: string): number => aboutReward(cats, text, 'en').accuracy;
  assert.deepEqual(['Cats love the moon.<eos>', 'Cats love the sun.<eos>', 'The word moon fits cats.<eos>'].map(paid), [1, 0, 0]); // prettier-ignore
});

test('perplexity is the exponential of minus the mean over problems; frames are counted over all', () => {
  const said = (text: string, nats: number) => ({ text, promptIds: [nats], completionIds: [1] });
  const likelihood = {
    of: (all: readonly { promptIds: readonly number[] }[]) => all.map((one) => one.promptIds[0]!),
    dispose: () => undefined,
  };
  const { perplexity, distinct } = senseOf(
    likelihood,
    [problem('cats', 'moon'), problem('dogs', 'sun')],
    [
      [said('A cat and a moon.', -1), said('Cats!', -3)],
      [said('The dog and the sun.', -4), said('I am.', -4)],
    ],
  );
  // the problems have the means -2 and -4; their standard error is sqrt(2 / 2) = 1
  const [low, middle, high] = [3 - 1.959964, 3, 3 + 1.959964].map(Math.exp);
  const { mean, interval } = perplexity;
  assertAllclose([mean, ...interval], [middle!, low!, high!], { relative: 1e-4 });
  assert.equal(distinct, 3 / 4);
});
