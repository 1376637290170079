import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../lib/core/errors';
import { createRandom, pick, type Random } from '../lib/core/random';
import { reward } from '../lib/rewards/reward';
import { generate, promptIds, promptText, taskNamed, verify } from '../lib/tasks/index';
import { coldStartCompletion } from '../lib/tasks/coldStart';
import { countdownProblem, solveCountdown } from '../lib/tasks/countdown';
import { diagnose } from '../lib/tasks/diagnose';
import { programsOfLevel } from '../lib/tasks/programSpace';
import { programsProblem } from '../lib/tasks/programs';
import { unitsProblem } from '../lib/tasks/units';
import { decode } from '../lib/tokenizer/tokenizer';
import { languages, vocabulary } from '../lib/tokenizer/vocabulary';
import { accepts, allChains, runText } from './tasks-oracle';
import type { VerifiableProblem, VerifiableTask } from './tasks-oracle';

const answered = (answer: string): string =>
  `<think> so </think> <answer> ${answer} </answer> <eos>`;

const countdown = countdownProblem(26, [3, 5, 7]);
const programs = programsProblem('* 2 + 9', 7, 1);
const forward = unitsProblem({ level: 1, start: 12, unit: 'm', sign: '+', rate: 3, time: 5 });
const backward = unitsProblem({ level: 2, start: 16, unit: 'l', sign: '-', rate: 4, time: 2 });

test('prompts', () => {
  assert.equal(promptText(countdown, 'en'), 'make 26 : 3 5 7 _');
  assert.equal(promptText(countdown, 'zh'), '凑 26 : 3 5 7 _');
  assert.equal(promptText(programs, 'en'), 'rule 7 -> 23 ; 1 -> 11 : _ _');
  assert.equal(promptText(programs, 'zh'), '律 7 -> 23 ; 1 -> 11 : _ _');
  assert.equal(promptText(forward, 'en'), 'from 12 m rate + 3 time 5 :');
  assert.equal(promptText(backward, 'zh'), '从 16 l 率 - 4 到 8 :');
  assert.equal(decode(promptIds(countdown, 'en')), '<bos> make 26 : 3 5 7 _');
});

test('countdown verdicts', () => {
  const right = ['3 * 7 + 5', '7 * 3 + 5'];
  const wrong = [
    '5 + 3 * 7', // left to right: 56
    '3 * 7 + 4',
    '3 * 7',
    '3 * 7 + 5 + 0',
    '3 * 7 + 5 =',
    '21 + 5',
    '3 × 7 + 5',
    '03 * 7 + 5',
    '3 * 7 + 5 <eos>',
    '3*7+5',
    '26',
    '',
  ];
  for (const answer of right) assert.ok(verify(countdown, answered(answer)).correct, answer);
  for (const answer of wrong) assert.ok(!verify(countdown, answered(answer)).correct, answer);
  // 9 * 9 = 81 leaves the values on the way, 3 / 1 divides by one, 7 / 2 does not come out even.
  const on = (target: number, numbers: number[], answer: string): boolean =>
    verify(countdownProblem(target, numbers), answered(answer)).correct;
  assert.equal(on(9, [9, 9, 9], '9 * 9 / 9'), false);
  assert.equal(on(9, [9, 9, 9], '9 / 9 * 9'), true);
  assert.equal(on(4, [3, 1, 1], '3 / 1 + 1'), false);
  assert.equal(on(7, [7, 2, 2], '7 / 2 * 2'), false);
  assert.equal(on(2, [6, 3], '6 / 3'), true);
});

test('program verdicts: hidden inputs, lookup tables, other programs of the same map', () => {
  assert.deepEqual(programs.visible, [
    { input: 7, output: 23 },
    { input: 1, output: 11 },
  ]);
  assert.deepEqual(programs.hidden, [
    { input: 0, output: 9 },
    { input: 12, output: 33 },
  ]);
  const verdict = (answer: string) => {
    const { correct, visibleCorrect, lookupTable } = verify(programs, answered(answer));
    return { correct, visibleCorrect, lookupTable };
  };
  const program = { correct: true, visibleCorrect: true, lookupTable: false };
  assert.deepEqual(verdict('* 2 + 9'), program);
  assert.deepEqual(verdict('+ 4 * 2 + 1'), program);
  assert.deepEqual(verdict('7 -> 23 ; 1 -> 11'), {
    correct: false,
    visibleCorrect: true,
    lookupTable: true,
  });
  assert.deepEqual(verdict('1 -> 11'), {
    correct: false,
    visibleCorrect: false,
    lookupTable: true,
  });
  // a table of everything that is asked is a right answer, as in any test suite
  assert.equal(verdict('7 -> 23 ; 1 -> 11 ; 0 -> 9 ; 12 -> 33').correct, true);
  const none = { correct: false, visibleCorrect: false, lookupTable: false };
  for (const answer of [
    '7 -> 23 ; 1 -> 11 ;',
    '7 -> 23 1 -> 11',
    '* 2 + 9 + 1 - 1',
    '* 1',
    '/ 2',
  ]) {
    assert.deepEqual(verdict(answer), none, answer);
  }
});

test('a program that fits what is shown can fail on a hidden input', () => {
  const problem = programsProblem('- 1 * 2', 5, 6); // hidden 1 and 12
  assert.deepEqual(
    problem.hidden.map((e) => e.input),
    [1, 12],
  );
  assert.equal(verify(problem, answered('* 2 - 2')).correct, true);
  const { correct, visibleCorrect } = verify(problem, answered('- 5 * 2 + 8'));
  assert.deepEqual({ correct, visibleCorrect }, { correct: false, visibleCorrect: true });
});

test('units verdicts', () => {
  assert.equal(verify(forward, answered('27 m')).correct, true);
  assert.equal(verify(backward, answered('2 s')).correct, true);
  for (const answer of ['27 l', '27', 'm 27', '27 m m', '15 m', '27 m s', '027 m']) {
    assert.equal(verify(forward, answered(answer)).correct, false, answer);
  }
  assert.equal(verify(backward, answered('2 l')).correct, false);
  assert.equal(verify(backward, answered('8 l')).correct, false);
});

test('format, end, and the answer as written', () => {
  const parts = (completion: string) => {
    const { correct, format, finished, answer } = verify(countdown, completion);
    return [correct, format, finished, answer];
  };
  const a = '<answer> 3 * 7 + 5 </answer>';
  assert.deepEqual(parts(`<think> 3 </think> ${a} <eos>`), [true, true, true, '3 * 7 + 5']);
  assert.deepEqual(parts(` \n<think>\t3 </think>\n\n${a}\n<eos> `), [
    true,
    true,
    true,
    '3 * 7 + 5',
  ]);
  assert.deepEqual(parts(`${a} <eos>`), [true, false, true, '3 * 7 + 5']);
  assert.deepEqual(parts(`<think> </think> ${a} <eos>`), [true, false, true, '3 * 7 + 5']);
  assert.deepEqual(parts(`3 <think> 3 </think> ${a} <eos>`), [true, false, true, '3 * 7 + 5']);
  assert.deepEqual(parts(`<think> 3 </think> 3 ${a} <eos>`), [true, false, true, '3 * 7 + 5']);
  assert.deepEqual(parts(`<think> <think> 3 </think> ${a} <eos>`), [
    true,
    false,
    true,
    '3 * 7 + 5',
  ]);
  assert.deepEqual(parts(`<think> 3 </think> ${a}`), [false, false, false, null]);
  assert.deepEqual(parts(`<think> 3 </think> ${a} 3 <eos>`), [false, false, true, null]);
  assert.deepEqual(parts(`<think> 3 </think> ${a} ${a} <eos>`), [false, false, true, null]);
  assert.deepEqual(parts(`<eos> ${a} <eos>`), [false, false, false, null]);
  assert.deepEqual(parts('<think> 3 </think> <answer> </answer> <eos>'), [
    false,
    false,
    true,
    null,
  ]);
  assert.deepEqual(parts('<think> 3 </think> <answer> 8 </answer> <eos>'), [
    false,
    true,
    true,
    '8',
  ]);
  assert.deepEqual(parts(''), [false, false, false, null]);
});

const allProblems = (random: Random, count: number): VerifiableProblem[] => {
  const kinds: [VerifiableTask, number][] = [];
  for (const level of [1, 2, 3, 4, 5]) kinds.push(['countdown', level]);
  for (const level of [1, 2, 3]) kinds.push(['programs', level]);
  for (const level of [1, 2]) kinds.push(['units', level]);
  return Array.from({ length: count }, (_, i) => {
    const [task, level] = kinds[i % kinds.length]!;
    return generate(task, level, random, i % 3 === 0 ? 'held-out' : 'train');
  });
};

const oddTokens = [
  '007',
  '1e1',
  '-0',
  '61',
  '+5',
  '0x7',
  '1.0',
  '∞',
  '７',
  '__proto__',
  'constructor',
  'toString',
  '<eos><eos>',
  '<answer',
  'answer>',
  '<ANSWER>',
  '</answer>\u0000',
  '\u200b',
  '\ud800',
  '🙂',
  'NaN',
  'null',
  '*',
  '**',
  '--',
  '->;',
  '<unk:104>',
  '<eos>',
  '<answer>',
  '</answer>',
  '<think>',
];
const spaces = [' ', '  ', '\n', '\t', '\r\n', '\u00a0', '\u3000'];

/** A right completion with some damage: tokens lost, doubled, moved, replaced, or odd white space between them. */
function damaged(completion: string, random: Random): string {
  const tokens = completion.split(' ');
  const answer = tokens.indexOf('<answer>');
  for (let changes = random.int(4); changes > 0; changes--) {
    // Mostly near the answer, where it matters.
    const first = random.next() < 0.7 ? answer : 0;
    const i = first + random.int(Math.max(1, tokens.length - first));
    const other = random.next() < 0.8 ? pick(vocabulary, random) : pick(oddTokens, random);
    const kind = random.int(5);
    if (kind === 0) tokens.splice(i, 1);
    else if (kind === 1) tokens.splice(i, 0, tokens[i] ?? other);
    else if (kind === 2) tokens.splice(i, 1, other);
    else if (kind === 3) tokens.splice(i, 0, other);
    else tokens.splice(i, 2, tokens[i + 1] ?? other, tokens[i] ?? other);
  }
  const space = random.next() < 0.8 ? ' ' : pick(spaces, random);
  return tokens.join(space) + (random.next() < 0.1 ? pick(spaces, random) : '');
}

function rightCompletion(problem: VerifiableProblem, random: Random): string {
  const completion = coldStartCompletion(problem, pick(languages, random), random);
  if (problem.task !== 'programs' || random.next() > 0.2) return completion;
  const table = [...problem.visible, ...problem.hidden].map((e) => `${e.input} -> ${e.output}`);
  return completion.replace(/<answer> .* <\/answer>/, `<answer> ${table.join(' ; ')} </answer>`);
}

function anyText(random: Random): string {
  const tokens = Array.from({ length: random.int(30) }, () =>
    random.next() < 0.7 ? pick(vocabulary, random) : pick(oddTokens, random),
  );
  return tokens.join(random.next() < 0.7 ? ' ' : pick(spaces, random));
}

test('on 100,000 hostile texts the verifier agrees with a second one and nothing throws', () => {
  const random = createRandom('hostile');
  const problems = allProblems(random, 500);
  const right = problems.map((problem) =>
    Array.from({ length: 8 }, () => rightCompletion(problem, random)),
  );
  let accepted = 0;
  let rejectedNear = 0;
  for (let i = 0; i < 100_000; i++) {
    const n = i % problems.length;
    const problem = problems[n]!;
    const soup = random.next() < 0.15;
    const text = soup ? anyText(random) : damaged(pick(right[n]!, random), random);
    const { correct, visibleCorrect, answer, canonicalAnswer } = verify(problem, text);
    assert.equal(correct, accepts(problem, text), `${promptText(problem, 'en')} | ${text}`);
    if (correct) assert.ok(visibleCorrect && answer !== null && canonicalAnswer !== null);
    if (correct) accepted++;
    else if (answer !== null) rejectedNear++;
    if (i % 20 === 0) {
      diagnose(problem, text);
      const { total } = reward(problem, text, 'en', { accuracy: 1, format: 0.1, language: 0.3 });
      assert.ok(total >= 0 && total <= 1.4 + 1e-12);
    }
  }
  assert.ok(accepted > 10_000, `accepted ${accepted}`);
  assert.ok(rejectedNear > 10_000, `rejected with an answer ${rejectedNear}`);
});

test('huge texts', () => {
  const huge = [
    'x'.repeat(300_000),
    '<answer> '.repeat(30_000),
    'try '.repeat(60_000),
    `<think> ${'try 3 * 7 = 21 + 5 = 26 -> 26 yes wait '.repeat(5_000)}`,
    answered('7 -> 23 ; '.repeat(15_000) + '1 -> 11'),
    answered('3 ' + '+ 0 * 1 '.repeat(15_000)),
  ];
  for (const problem of [countdown, programs, forward, backward]) {
    for (const text of huge) {
      assert.equal(verify(problem, text).correct, false);
      diagnose(problem, text);
    }
  }
});

test('every chain of four numbers gets the verdict of the second verifier', () => {
  const chains = allChains([2, 3, 5, 7]);
  assert.equal(chains.length, 1536);
  const problem = countdownProblem(24, [2, 3, 5, 7]);
  let right = 0;
  for (const chain of chains) {
    const { correct } = verify(problem, answered(chain));
    assert.equal(correct, accepts(problem, answered(chain)));
    if (correct) right++;
  }
  assert.equal(right, 9); // counted by a few lines of Python over all permutations and operators
});

test('chains share a canonical answer exactly when they are the same formula', () => {
  // The values are replaced by real numbers: two different formulas then agree by accident only.
  const reals = [1.3718, 2.2391, 0.7717, 3.1371];
  // Numbers, and their formulas that stay whole and within 0 to 60: counted in Python too.
  const counted: readonly [number[], number][] = [
    [[2, 3, 5, 7], 159],
    [[2, 3, 4, 6], 197],
  ];
  for (const [numbers, count] of counted) {
    const real = (text: string): number => reals[numbers.indexOf(Number(text))]!;
    const problem = countdownProblem(17, numbers);
    const pairs = new Set<string>();
    const canonicals = new Set<string>();
    const formulas = new Set<string>();
    for (const chain of allChains(numbers)) {
      const { canonicalAnswer } = verify(problem, answered(chain));
      if (canonicalAnswer === null) continue;
      const [first, ...rest] = chain.split(' ');
      let result = real(first!);
      for (let i = 0; i < rest.length; i += 2) {
        const n = real(rest[i + 1]!);
        result = { '+': result + n, '-': result - n, '*': result * n, '/': result / n }[rest[i]!]!;
      }
      const formula = result.toFixed(9);
      canonicals.add(canonicalAnswer);
      formulas.add(formula);
      pairs.add(`${canonicalAnswer} is ${formula}`);
    }
    assert.equal(pairs.size, count);
    assert.equal(canonicals.size, pairs.size);
    assert.equal(formulas.size, pairs.size);
  }
});

test('a chain that reaches the target with other numbers is wrong', () => {
  const random = createRandom('other numbers');
  let tested = 0;
  for (let i = 0; i < 2000; i++) {
    const problem = generate('countdown', 1 + (i % 5), random, 'train');
    if (problem.task !== 'countdown') continue;
    const numbers = problem.numbers.map((n) => (random.next() < 0.5 ? n : 1 + random.int(9)));
    const chain = solveCountdown(problem.target, numbers);
    if (chain === null) continue;
    const steps = chain.steps.map((s) => `${s.operator} ${s.operand}`).join(' ');
    const text = answered(`${chain.start} ${steps}`);
    assert.equal(verify(problem, text).correct, accepts(problem, text), text);
    if (!accepts(problem, text)) tested++;
  }
  assert.ok(tested > 300, `${tested}`);
});

test('canonical answers, by hand', () => {
  const canonical = (problem: VerifiableProblem, answer: string): string | null =>
    verify(problem, answered(answer)).canonicalAnswer;
  assert.equal(canonical(countdown, '3 * 7 + 5'), '(3 * 7) + 5');
  assert.equal(canonical(countdown, '7 * 3 + 5'), '(3 * 7) + 5');
  assert.equal(canonical(countdown, '5 + 3 * 7'), '(3 + 5) * 7');
  assert.equal(canonical(countdown, '7 - 3 + 5'), '5 + 7 - 3');
  assert.equal(canonical(countdown, '3 - 7 + 5'), null);
  assert.equal(canonical(countdown, '3 * 7'), null);
  assert.equal(canonical(programs, '* 2 + 9'), '2 x + 9 on 0..12');
  assert.equal(canonical(programs, '+ 4 * 2 + 1'), '2 x + 9 on 0..12');
  assert.equal(canonical(programs, '- 1 * 2 + 9'), '2 x + 7 on 1..12');
  assert.equal(canonical(programs, '- 9 - 9 - 9'), null);
  assert.equal(canonical(programs, '7 -> 23 ; 1 -> 11'), '1 -> 11 ; 7 -> 23');
  assert.equal(canonical(forward, '15 m'), '15 m');
  assert.equal(canonical(forward, 'm'), null);
});

test('programs with the same canonical answer get the same verdict', () => {
  const random = createRandom('canonical programs');
  const candidates = [1, 2, 3].flatMap((level) => programsOfLevel[level]!);
  const texts = candidates.map((p) => p.map((s) => `${s.operator} ${s.operand}`).join(' '));
  for (let i = 0; i < 10; i++) {
    const problem = generate('programs', 1 + (i % 3), random, 'train');
    const verdicts = new Map<string, boolean>();
    for (const text of texts) {
      const { correct, canonicalAnswer } = verify(problem, answered(text));
      if (canonicalAnswer === null) continue;
      assert.equal(verdicts.get(canonicalAnswer) ?? correct, correct, text);
      verdicts.set(canonicalAnswer, correct);
    }
  }
});

test('the levels of programs: 22, 159 and 2196, none of them replaceable by a shorter one', () => {
  assert.deepEqual(
    programsOfLevel.map((list) => list.length),
    [0, 22, 159, 2196],
  );
  const signature = (p: (typeof programsOfLevel)[1][number]): string => {
    // Two points far from the limits determine the line: undo the limits by exact big steps.
    const line = (x: number): number =>
      p.reduce(
        (v, { operator: o, operand: n }) => (o === '+' ? v + n : o === '-' ? v - n : v * n),
        x,
      );
    return `${line(1000)} ${line(2000)}`;
  };
  const one = new Set(programsOfLevel[1]!.map(signature));
  const two = new Set(programsOfLevel[2]!.map(signature));
  for (const p of programsOfLevel[2]!) assert.ok(!one.has(signature(p)));
  for (const p of programsOfLevel[3]!) assert.ok(!one.has(signature(p)) && !two.has(signature(p)));
});

test('generated problems hold what they promise', () => {
  const random = createRandom('promises');
  for (const problem of allProblems(random, 3000)) {
    if (problem.task === 'countdown') {
      const { start, steps } = problem.solution;
      const text = steps.map((s) => `${s.operator} ${s.operand}`).join(' ');
      assert.equal(runText(start, text), problem.target);
      assert.ok(accepts(problem, answered(`${start} ${text}`)));
      assert.ok(!problem.numbers.includes(problem.target) && problem.target >= 1);
      assert.equal(problem.numbers.length, [2, 3, 3, 4, 4][problem.level - 1]);
      if (problem.level === 2 || problem.level === 4) assert.ok(!/[*/]/.test(text));
      if (problem.level === 1) assert.ok(!text.includes('/'));
    } else if (problem.task === 'programs') {
      const inputs = [...problem.visible, ...problem.hidden].map((e) => e.input);
      assert.equal(new Set(inputs).size, 4);
      const text = problem.program.map((s) => `${s.operator} ${s.operand}`).join(' ');
      assert.ok(accepts(problem, answered(text)));
      assert.equal(problem.program.length, problem.level);
    } else {
      const { start, sign, rate, time, end } = problem;
      assert.equal(end, sign === '+' ? start + rate * time : start - rate * time);
      assert.ok(end >= 0 && end <= 60);
    }
    assert.deepEqual(JSON.parse(JSON.stringify(problem)), problem);
  }
});

test('unknown levels and tasks are errors with a remedy', () => {
  const random = createRandom(1);
  const message = (text: string) => ({ name: 'UserError', message: text });
  assert.throws(
    () => generate('countdown', 9, random, 'train'),
    message('unknown level 9 for countdown: use 1 to 6'),
  );
  assert.throws(
    () => generate('programs', 0, random, 'train'),
    message('unknown level 0 for programs: use 1 to 3'),
  );
  assert.throws(
    () => generate('units', 3, random, 'train'),
    message('unknown level 3 for units: use 0 to 2'),
  );
  assert.throws(
    () => taskNamed('chess'),
    message('unknown task chess: use countdown, programs, units, words, sums'),
  );
  for (const name of ['countdown', 'programs', 'units', 'general'])
    assert.equal(taskNamed(name).name, name);
});

test('problems that a person makes up', () => {
  const solution = solveCountdown(26, [3, 5, 7]);
  assert.ok(solution !== null);
  assert.equal(solveCountdown(59, [1, 1, 2]), null);
  assert.throws(() => countdownProblem(59, [1, 1, 2]), {
    name: 'UserError',
    message: 'no way to make 59 from 1 1 2: choose another target',
  });
  assert.throws(() => countdownProblem(61, [1, 2]), /target 61 is out of range/);
  assert.throws(() => countdownProblem(NaN, [1, 2]), UserError);
  assert.throws(() => countdownProblem(3, [1, 10]), /number 10 is out of range/);
  assert.throws(() => countdownProblem(3, [3]), /1 numbers given: use 2, 3 or 4/);
  assert.throws(() => programsProblem('* 9', 1, 2), /no program: \* 9/);
  assert.throws(() => programsProblem('- 5', 1, 9), /leaves 0..60 on input 1/);
  assert.throws(() => programsProblem('+ 5', 3, 3), /two different inputs/);
  assert.throws(() => programsProblem('+ 5', 0, 3), /input 0 is out of range/);
  assert.throws(
    () => unitsProblem({ level: 1, start: 3, unit: 'm', sign: '-', rate: 4, time: 4 }),
    /3 - 16 is below 0/,
  );
  assert.throws(
    () => unitsProblem({ level: 1, start: 30, unit: 'm', sign: '-', rate: 4, time: 4 }),
    /start 30 is out of range: use 0 to 24/,
  );
});
