/** Word problems: every template by hand, what all problems keep, and what is held out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../lib/core/random';
import { courseNamed } from '../lib/recipe/language/data';
import { sums, sumsAnswer, sumsLevels, type SumsProblem } from '../lib/tasks/sums/sums';
import { taskNamed } from '../lib/tasks/index';

const problemOf = (template: string, numbers: readonly number[]): SumsProblem => {
  const people = ['Anna', 'Ben', 'Clara'];
  return { task: 'sums', level: 1, template, people, thing: 'peach', numbers };
};

/** An example of each template, worked out by hand. */
const examples: readonly (readonly [string, readonly number[], number])[] = [
  ['gets', [3, 4], 7],
  ['gives', [9, 4], 5],
  ['loses', [8, 3], 5],
  ['together', [6, 7], 13],
  ['more', [5, 9], 14],
  ['fewer', [9, 2], 7],
  ['difference', [12, 5], 7],
  ['needs', [4, 11], 7],
  ['boxes', [3, 6], 18],
  ['shares', [12, 4], 3],
  ['packs', [15, 3], 5],
  ['price', [7, 3], 21],
  ['spends', [20, 6], 14],
  ['pages', [13, 8], 21],
  ['age', [9, 6], 15],
  ['bus off', [17, 5], 12],
  ['birds', [6, 8], 14],
  ['rows', [4, 9], 36],
  ['twice', [8], 16],
  ['teams', [24, 6], 4],
  ['buys and gives', [5, 7, 4], 8],
  ['boxes and more', [3, 5, 4], 19],
  ['more, together', [6, 3], 15],
  ['fewer, together', [9, 4], 14],
  ['buys several', [20, 3, 5], 5],
  ['loses twice', [19, 4, 6], 9],
  ['three people', [3, 8, 6], 17],
  ['gets and shares', [7, 5, 4], 3],
  ['bakes', [3, 8, 5], 19],
  ['book', [50, 12, 9], 29],
  ['earns', [8, 5, 13], 27],
  ['class', [11, 12, 4], 19],
  ['buys two kinds', [4, 3, 6], 18],
  ['ages', [9, 6, 4], 11],
  ['bus off and on', [15, 6, 8], 17],
  ['twice, together', [7], 21],
  ['reads every day', [6, 4, 30], 6],
  ['rope', [20, 5, 3], 5],
  ['flowers', [4, 6, 5], 19],
  ['buys, gives, finds', [5, 7, 4, 6], 14],
  ['boxes and bags', [3, 4, 2, 5], 22],
  ['pens and notebooks', [3, 2, 4, 5], 26],
  ['shop', [30, 4, 5, 3], 7],
  ['three compared', [6, 4, 3], 23],
  ['pool and pack', [8, 7, 3, 4], 3],
  ['long book', [60, 8, 5, 6], 14],
  ['weekend job', [7, 4, 3, 19], 30],
  ['library', [20, 6, 4, 9], 9],
  ['groups', [9, 11, 2, 3], 6],
  ['cookies in bags', [4, 6, 4, 5], 4],
  ['finds and loses', [8, 9, 5, 3], 19],
  ['vases', [3, 4, 2, 5], 13],
  ['bus, two stops', [20, 7, 5, 6], 12],
  ['twice and more', [5, 3], 28],
  ['orchard', [3, 4, 2, 6], 24],
  ['rope for three', [20, 5, 3, 4], 3],
  ['cycles', [50, 12, 3, 6], 8],
];

const templatesOf = (levels: readonly number[]): string[] => [
  ...new Set(levels.flatMap((level) => sumsLevels.get(level)!.templates.map(({ name }) => name))),
];
const trained = [1, 2, 3, 4, 5, 6, 7];
const heldOut = trained.map((level) => level + 10);

test('every template has the answer that was worked out by hand', () => {
  assert.deepEqual(
    examples.map(([name]) => name).sort(),
    templatesOf([...trained, ...heldOut]).sort(),
  );
  for (const [name, numbers, answer] of examples) {
    const problem = problemOf(name, numbers);
    assert.equal(sumsAnswer(problem), answer, name);
    const verdict = (n: number): boolean => sums.verify(problem, `Answer: ${n}<eos>`).correct;
    assert.deepEqual([answer, answer + 1, -answer].map(verdict), [true, false, false], name);
  }
});

test('what is asked, and how it is solved, word by word', () => {
  const shown = (name: string, numbers: readonly number[]): string[] => {
    const problem = problemOf(name, numbers);
    const solutions = Array.from({ length: 60 }, (_, i) =>
      sums.solution!(problem, createRandom(i)),
    );
    return [sums.question(problem), ...[...new Set(solutions)].sort()];
  };
  assert.deepEqual(shown('loses', [8, 7]), [
    'Anna had 8 peaches. On the way home she lost 7 of them. How many peaches does she still have?\nEnd with a line that begins with "Answer:".',
    '8 - 7 = 1.\nAnswer: 1',
    'Anna still has 8 - 7 = 1 peach.\nAnswer: 1',
    'We get 8 - 7 = 1.\nAnswer: 1',
  ]);
  assert.deepEqual(shown('three compared', [6, 4, 3]), [
    'Anna has 6 peaches. Ben has 4 more than Anna, and Clara has 3 fewer than Ben. How many peaches do the three have in all?\nEnd with a line that begins with "Answer:".',
    '6 + 4 = 10. 10 - 3 = 7. 6 + 10 + 7 = 23.\nAnswer: 23',
    'Ben has 6 + 4 = 10 peaches. Clara has 10 - 3 = 7 peaches. In all they have 6 + 10 + 7 = 23 peaches.\nAnswer: 23',
    'First, 6 + 4 = 10. Then 10 - 3 = 7. Finally, 6 + 10 + 7 = 23.\nAnswer: 23',
  ]);
  assert.equal(
    shown('groups', [9, 11, 2, 3])[0],
    'A class has 9 girls and 11 boys. Today 2 of these children are ill. All the others work in groups of 3. How many groups are there?\nEnd with a line that begins with "Answer:".',
  );
  assert.equal(
    shown('orchard', [3, 4, 2, 6])[3],
    'There are 3 * 4 = 12 apple trees. There are 2 * 6 = 12 pear trees. In all there are 12 + 12 = 24 trees.\nAnswer: 24',
  );
});

const draw = (level: number, split: 'train' | 'held-out', n: number): SumsProblem[] => {
  const random = createRandom('sums test', level, split);
  return Array.from({ length: n }, () => sums.generate(level, random, split));
};

/** The results of the equations in a text, worked out anew. */
function equationsIn(text: string): { terms: number[]; result: number; isRight: boolean }[] {
  const found = text.matchAll(/(\d+(?: [-+*/] \d+)+) = (\d+)/g);
  return [...found].map(([, left, right]) => {
    const [first, ...rest] = left!.split(/ (?=[-+*/])/);
    const value = rest.reduce((sum, part) => {
      const n = Number(part.slice(2));
      return part[0] === '+' ? sum + n : part[0] === '-' ? sum - n : part[0] === '*' ? sum * n : sum / n; // prettier-ignore
    }, Number(first));
    const terms = left!.match(/\d+/g)!.map(Number);
    return { terms, result: Number(right), isRight: value === Number(right) };
  });
}

test('solutions are right by their own sums, use every number, and are accepted', () => {
  for (const level of [...trained, ...heldOut])
    for (const problem of draw(level, 'held-out', 150)) {
      const random = createRandom('solution', level, problem.numbers.join(' '));
      const solution = sums.solution!(problem, random);
      const { correct, format, canonicalAnswer } = sums.verify(problem, `${solution}<eos>`);
      const equations = equationsIn(solution);
      const where = `${sums.question(problem)}\n${solution}`;
      assert.ok(correct && format, where);
      assert.ok(equations.length > 0 && equations.every(({ isRight }) => isRight), where);
      assert.equal(String(equations[equations.length - 1]!.result), canonicalAnswer, where);
      const known = [2, ...sums.question(problem).match(/\d+/g)!.map(Number)]; // 2 for twice
      for (const { terms, result } of equations) {
        assert.ok(terms.every((term) => known.includes(term)), where); // prettier-ignore
        known.push(result);
      }
      const used = equations.flatMap(({ terms }) => terms);
      assert.ok(problem.numbers.every((number) => used.includes(number)), where); // prettier-ignore
    }
});

test('numbers and results are those of the level, whole, and positive', () => {
  const ranges: Readonly<Record<number, readonly [number, number, number]>> = { 1: [1, 3, 10], 2: [1, 11, 20], 3: [1, 21, 100], 4: [2, 3, 20], 5: [2, 21, 100], 6: [3, 3, 20], 7: [3, 21, 100] }; // prettier-ignore
  for (const level of [...trained, ...heldOut]) {
    const [steps, from, to] = ranges[level % 10]!;
    for (const problem of draw(level, 'held-out', 150)) {
      const equations = equationsIn(sums.solution!(problem, createRandom(0)));
      const results = equations.map(({ result }) => result);
      const largest = Math.max(...problem.numbers, ...results);
      assert.equal(equations.length, steps);
      assert.ok(problem.numbers.every((number) => number >= 2));
      assert.ok(results.every((result) => Number.isInteger(result) && result >= 1));
      assert.ok(largest >= from && largest <= to, `${largest} on level ${level}`);
      if (problem.template === 'earns') assert.ok(problem.numbers[1]! <= 10, 'hours of a day');
    }
  }
});

test('nouns agree with their numbers, and no slot is left', () => {
  const nouns = 'apple pear orange lemon peach plum nut egg cookie sweet card stamp sticker marble shell stone feather button bead balloon pen pencil crayon eraser ribbon badge key ball toy book postcard box bag child dollar page year passenger bird row tree player tray hour girl boy metre flower notebook vase rose tulip kilometre team group'.split(' '); // prettier-ignore
  const plurals: Readonly<Record<string, string>> = { peach: 'peaches', box: 'boxes', child: 'children' }; // prettier-ignore
  const countOf = new Map(nouns.flatMap((noun) => [[noun, true], [plurals[noun] ?? `${noun}s`, false]] as const)); // prettier-ignore
  const seen = new Set<string>();
  for (const level of [...trained, ...heldOut])
    for (const problem of draw(level, 'held-out', 300)) {
      const text = `${sums.question(problem)} ${sums.solution!(problem, createRandom(0))}`;
      assert.doesNotMatch(text, /[{}]|undefined|NaN/);
      assert.match(text, /^(?:[A-Z]|\d)/);
      for (const [, count, noun] of text.matchAll(/\b(\d+) (?:apple |pear )?([a-z]+)/g)) {
        if (!countOf.has(noun!)) continue;
        assert.equal(countOf.get(noun!), count === '1', text);
        seen.add(noun!);
      }
    }
  assert.ok(seen.size > 50, `${seen.size} forms are seen`);
});

test('people of a problem differ, and pronouns are theirs', () => {
  for (const problem of draw(5, 'train', 300)) {
    const { people } = problem;
    assert.equal(new Set(people).size, people.length);
    const pronouns: string[] = sums.question(problem).match(/\b(?:he|she)\b/gi) ?? [];
    assert.ok(new Set(pronouns.map((word) => word.toLowerCase())).size <= 1);
    if (['Tom', 'Ben', 'Sam'].includes(people[0]!)) assert.ok(!pronouns.includes('she'));
    if (['Anna', 'Lucy', 'Mia'].includes(people[0]!)) assert.ok(!pronouns.includes('he'));
  }
});

test('problems and templates are held out', () => {
  const keysOf = (level: number, split: 'train' | 'held-out'): Set<string> =>
    new Set(draw(level, split, 400).map(({ template, numbers }) => `${template} ${numbers.join(' ')}`)); // prettier-ignore
  const trainedKeys = new Set(trained.flatMap((level) => [...keysOf(level, 'train')]));
  for (const level of [...trained, ...heldOut])
    for (const key of keysOf(level, 'held-out')) assert.ok(!trainedKeys.has(key), key);

  for (const levels of [
    [1, 2, 3],
    [4, 5],
    [6, 7],
  ]) {
    const ofTraining = templatesOf(levels);
    const never = templatesOf(levels.map((level) => level + 10));
    assert.ok(ofTraining.length >= 12 && never.length >= 4);
    assert.deepEqual(never.filter((name) => templatesOf(trained).includes(name)), []); // prettier-ignore
    const drawn = levels.flatMap((level) => draw(level, 'train', 300));
    assert.deepEqual([...new Set(drawn.map(({ template }) => template))].sort(), ofTraining.sort());
  }
  for (const level of heldOut) {
    const drawn = draw(level, 'held-out', 200).map(({ template }) => template);
    assert.deepEqual([...new Set(drawn)].sort(), templatesOf([level]).sort());
    assert.throws(() => sums.generate(level, createRandom(0), 'train'), {
      name: 'UserError',
      message: `sums ${level} is held out: train on another level`,
    });
  }
  assert.throws(() => sums.generate(8, createRandom(0), 'train'), {
    name: 'UserError',
    message: 'unknown level 8 for sums: use 1 to 17',
  });
});

test('the task is known, its problems are plain data, and its course trains on what is trained on', () => {
  assert.equal(taskNamed('sums'), sums);
  const [problem] = draw(6, 'train', 1);
  assert.deepEqual(JSON.parse(JSON.stringify(problem)), problem);
  assert.deepEqual(draw(6, 'train', 5), draw(6, 'train', 5));
  const { plan, rl } = courseNamed('sums');
  assert.ok(plan.every(({ task, level }) => task === 'sums' && trained.includes(level)));
  assert.ok(rl.evaluated!.some(({ level }) => heldOut.includes(level)));
});
