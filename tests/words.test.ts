/** Rules on language: each with sentences that keep it and sentences that do not, by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../lib/core/random';
import { subjects, words as pool } from '../lib/tasks/words/pools';
import { heldOutKinds, rules, wordsOf, type Wish } from '../lib/tasks/words/rules';
import { words, type WordsProblem } from '../lib/tasks/words/words';

/** A rule's wish, what it asks, what keeps it, and what does not. */
interface Example {
  readonly wish?: Partial<Wish>;
  readonly asks: string;
  readonly kept: readonly string[];
  readonly broken: readonly string[];
}

/** What no sentence is, whatever the rule. */
const noSentences = [
  '',
  '.',
  'Cats see the moon', // no end
  'Cats see the moon. They purr.', // two sentences
  'Cats see\nthe moon.',
  '"Cats see the moon."',
  '*Cats see the moon.*',
  'Cats see the moon...',
];

const examples: Readonly<Record<number, Example>> = {
  1: {
    wish: { words: ['moon'] },
    asks: 'Write one short sentence about cats that contains the word "moon".',
    kept: [
      'Cats see the moon.',
      'The Moon loves my cats!',
      'Is the moon a cat?',
      '7 cats like a moon.',
    ],
    broken: [
      'Cats see the sun.',
      'Cats see moonlight at night.',
      'Cats see the moons.',
      'See the moon.', // three words
      `Cats ${'see '.repeat(19)}moon.`, // twenty-one
      ...noSentences,
    ],
  },
  2: {
    wish: { words: ['moon', 'river'] },
    asks: 'Write one short sentence about cats that contains the words "moon" and "river".',
    kept: ['The river shows cats a moon.', 'Moon and river, cats say.'],
    broken: ['Cats see the moon.', 'Cats drink at the river.', 'Cats see moon-river boats.'],
  },
  3: {
    wish: { words: ['moon'] },
    asks: 'Write one short sentence about cats whose first word is "moon".',
    kept: ['Moon and cats are friends.', 'moon makes cats happy.'],
    broken: ['The moon likes cats.', 'Moonlight makes cats happy.', 'Moon, cats.'],
  },
  4: {
    wish: { words: ['moon'] },
    asks: 'Write one short sentence about cats whose last word is "moon".',
    kept: ['Cats look at the moon.', 'Do cats see the Moon?'],
    broken: ['The moon likes cats.', 'Cats look at moons.', 'Cats love moon light.'],
  },
  5: {
    wish: { count: 5 },
    asks: 'Write one sentence about cats with exactly 5 words.',
    kept: [
      "Cats don't like the rain.",
      'Cats like well-known old chairs.',
      'Cats ate 5 fish today!',
    ],
    broken: ['Cats like the rain.', 'Cats do not like the rain.', 'Cats like it. Do they?'],
  },
  6: {
    asks: 'Write one short sentence about cats in lower case letters only.',
    kept: ['cats see the moon.', 'cats – 7 of them – sleep.', 'über cats spricht man.'],
    broken: ['Cats see the moon.', 'cats see the Moon.', 'cats SEE the moon.', 'cats see moons'],
  },
  7: {
    asks: 'Ask one short question about cats.',
    kept: ['Do cats see the moon?', 'Cats see the moon?'],
    broken: ['Cats see the moon.', 'Do cats?', 'Do cats see it? Yes!', 'Do cats see the moon??'],
  },
  8: {
    asks: 'Name three things that have to do with cats, on one line with commas between them.',
    kept: ['milk, mice, wool', 'Milk, small grey mice, and wool.', 'fur,claws,a very long tail'],
    broken: [
      'milk, mice',
      'milk, mice, wool, fur',
      'milk, mice, milk',
      'milk, mice, Milk.',
      'milk, mice, and milk',
      'milk,, wool',
      'milk\nmice, wool, fur',
      'milk, mice, things that they like much',
      'Cats: milk, mice, wool',
      '',
    ],
  },
  9: {
    asks: 'Write one short sentence about cats without the letter "e".',
    kept: ['Cats run in our park.', 'Do cats look at you?'],
    broken: ['Cats see a moon.', 'Every cat is bad.', 'Cats drink caf\u00e9 now.', 'Cats do it'],
  },
  10: {
    wish: { words: ['moon'], count: 6 },
    asks: 'Write one sentence about cats with exactly 6 words that contains the word "moon".',
    kept: ['All cats look at the moon.'],
    broken: [
      'Cats look at the moon.',
      'All cats look at the sun.',
      'All the cats look at the moon.',
    ],
  },
  21: {
    wish: { words: ['moon'] },
    asks: 'Write one short sentence about cats that contains the word "moon" twice.',
    kept: ['Cats see moon after moon.', 'Moon cats like the moon.'],
    broken: ['Cats see the moon.', 'Cats see moon, moon, moon.', 'Cats see moon and moons.'],
  },
  22: {
    asks: 'Write one short sentence about cats that ends with an exclamation mark.',
    kept: ['Cats see the moon!'],
    broken: ['Cats see the moon.', 'Cats see the moon!!', 'Cats! See the moon!', 'Cats!'],
  },
  23: {
    wish: { words: ['moon', 'river'] },
    asks: 'Write one short sentence about cats whose first word is "moon" and whose last word is "river".',
    kept: ['Moon cats drink at the river.'],
    broken: ['River cats see the moon.', 'Moon cats drink much.', 'The moon likes a river.'],
  },
};

const problemOf = (level: number, wish: Partial<Wish> = {}): WordsProblem => ({
  ...{ task: 'words', level, subject: 'cats', words: [], count: 0 },
  ...wish,
});

for (const [level, { wish, asks, kept, broken }] of Object.entries(examples))
  test(`words ${level}: ${rules.get(Number(level))!.name}`, () => {
    const problem = problemOf(Number(level), wish);
    assert.equal(words.question(problem), asks);
    const isRight = (text: string): boolean => words.verify(problem, `${text}<eos>`).correct;
    for (const text of kept) assert.ok(isRight(text), `kept: ${text}`);
    for (const text of broken) assert.ok(!isRight(text), `broken: ${text}`);
    for (const text of kept) assert.ok(!words.verify(problem, text).correct, `cut: ${text}`);
  });

test('every level has its examples', () => {
  assert.deepEqual(words.levels.map(String), Object.keys(examples));
  assert.deepEqual(words.heldOutLevels, [21, 22, 23]);
});

test('words are letters and digits, with an apostrophe or a hyphen inside', () => {
  assert.deepEqual(wordsOf("Well-known cats don't eat 12 – 'fish'!"), ['Well-known', 'cats', "don't", 'eat', '12', 'fish']); // prettier-ignore
  assert.deepEqual(wordsOf('naïve cafe\u0301 don’t'), ['naïve', 'cafe\u0301', 'don’t']);
  assert.deepEqual(wordsOf('… – !'), []);
});

test('the verdict says what was answered, and whether it is one plain line', () => {
  const problem = problemOf(1, { words: ['moon'] });
  const of = (text: string): unknown[] => {
    const { correct, format, finished, answer, canonicalAnswer } = words.verify(problem, text);
    return [correct, format, finished, answer, canonicalAnswer];
  };
  const text = 'Cats see the moon.';
  assert.deepEqual(of(` ${text}\n<eos>`), [true, true, true, text, text]);
  assert.deepEqual(of(text), [false, false, false, null, null]);
  assert.deepEqual(of('**Cats** see it.<eos>').slice(0, 3), [false, false, true]);
  assert.deepEqual(of('"Cats see the moon."<eos>').slice(0, 3), [false, false, true]);
  assert.deepEqual(of('<eos>').slice(0, 3), [false, false, true]);
  assert.deepEqual(of('Cats <eos> see the moon.<eos>').slice(0, 3), [true, false, true]);
});

test('subjects and words of held-out problems are asked about in no training problem', () => {
  for (const pools of [subjects, pool]) {
    assert.deepEqual(pools.train.filter((one) => pools['held-out'].includes(one)), []); // prettier-ignore
    for (const all of [pools.train, pools['held-out']]) assert.equal(new Set(all).size, all.length);
  }
  for (const level of words.levels) {
    const { words: count, counts } = rules.get(level)!;
    for (const split of ['train', 'held-out'] as const) {
      if (split === 'train' && heldOutKinds.includes(level)) continue;
      const random = createRandom('words test', level, split);
      for (let i = 0; i < 200; i++) {
        const problem = words.generate(level, random, split);
        assert.ok(subjects[split].includes(problem.subject));
        assert.equal(new Set(problem.words).size, count);
        assert.ok(problem.words.every((word) => pool[split].includes(word)));
        const [from, to] = counts ?? [0, 0];
        assert.ok(problem.count >= from && problem.count <= to);
        assert.deepEqual(JSON.parse(JSON.stringify(problem)), problem);
      }
    }
  }
});

test('kinds of rules that are held out are not trained on', () => {
  for (const level of heldOutKinds)
    assert.throws(() => words.generate(level, createRandom(0), 'train'), {
      name: 'UserError',
      message: `words ${level} is held out: train on another level`,
    });
  assert.throws(() => words.generate(11, createRandom(0), 'train'), {
    name: 'UserError',
    message: 'unknown level 11 for words: use 1 to 23',
  });
});
