import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom, pick } from '../lib/core/random';
import {
  generate,
  promptIds,
  promptText,
  verify,
  type OwnProblems,
  type Problem,
} from '../lib/tasks/index';
import { run } from '../lib/tasks/arithmetic';
import { coldStartCompletion } from '../lib/tasks/coldStart';
import {
  corpusDocument,
  defaultCorpus,
  noSearchCorpus,
  weakVerdictCorpus,
  type Corpus,
} from '../lib/tasks/corpus';
import { countdownOperators, randomChain, type CountdownProblem } from '../lib/tasks/countdown';
import { diagnose, languageConsistency } from '../lib/tasks/diagnose';
import { guessProgram, type ProgramsProblem } from '../lib/tasks/programs';
import { isInSplit, type Split } from '../lib/tasks/task';
import { decode } from '../lib/tokenizer/tokenizer';
import { tokenIds } from '../lib/tokenizer/vocabulary';
import { runText } from './tasks-oracle';

interface Written {
  readonly source: string;
  readonly prompt: string;
  readonly completion: string;
  readonly length: number;
  readonly promptLength: number;
}

function write(corpus: Corpus, seed: string, count: number): Written[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => {
    const { source, ids, promptLength } = corpusDocument(corpus, random);
    assert.equal(ids[0], tokenIds.bos);
    assert.equal(ids.indexOf(tokenIds.eos), ids.length - 1);
    return {
      source,
      prompt: decode(ids.slice(1, promptLength)),
      completion: decode(ids.slice(promptLength)),
      length: ids.length,
      promptLength,
    };
  });
}

const documents = write(defaultCorpus, 'documents', 40_000);
const of = (source: string): Written[] => documents.filter((d) => d.source === source);
const share = <T>(items: readonly T[], is: (item: T) => boolean): number =>
  items.filter(is).length / items.length;
const near = (actual: number, expected: number, tolerance: number, what: string): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual}, expected ${expected}`);

const tries = (text: string): number =>
  text.split(' ').filter((t) => t === 'try' || t === '试').length;
const isChinese = ({ prompt }: Written): boolean => /^[凑律从]/.test(prompt);

test('shares of sources, languages and levels', () => {
  const expected = {
    countdown: 0.37,
    programs: 0.33,
    units: 0.15,
    facts: 0.06,
    drill: 0.09,
  };
  for (const [source, wanted] of Object.entries(expected)) {
    near(of(source).length / documents.length, wanted, 0.01, source);
  }
  const problems = documents.filter((d) => d.prompt !== '');
  const numbers = (d: Written): number => d.prompt.split(' : ')[1]!.match(/\d/g)!.length;
  const blanks = (d: Written): number => d.prompt.match(/_/g)!.length;
  const shares: [string, Written[], (d: Written) => boolean, number, number][] = [
    ['Chinese', problems, isChinese, 0.4, 0.01],
    ['Chinese drill', of('drill'), (d) => /对|不/.test(d.completion), 0.4, 0.03],
    ['two numbers', of('countdown'), (d) => numbers(d) === 2, 0.1, 0.01],
    ['three numbers', of('countdown'), (d) => numbers(d) === 3, 0.7, 0.015],
    ['one instruction', of('programs'), (d) => blanks(d) === 1, 0.15, 0.015],
    ['two instructions', of('programs'), (d) => blanks(d) === 2, 0.75, 0.015],
    ['forward', of('units'), (d) => /time|时/.test(d.prompt), 0.6, 0.02],
  ];
  for (const [what, among, holds, wanted, tolerance] of shares)
    near(share(among, holds), wanted, tolerance, what);
});

test('shares of the styles', () => {
  // By the text alone, a search that ends with its first attempt looks like a short answer with a verdict.
  for (const [source, zh, direct, table] of [
    ['countdown', false, 0.45, 0],
    ['countdown', true, 0.3, 0],
    ['programs', false, 0.42, 0.03],
    ['programs', true, 0.27, 0.03],
  ] as const) {
    const texts = of(source)
      .filter((d) => isChinese(d) === zh)
      .map((d) => d.completion);
    const isTable = (text: string): boolean => /<answer> \d+ ->/.test(text);
    near(share(texts, isTable), table, 0.006, `${source} table`);
    const isDirect = (text: string): boolean => text.startsWith('<answer>') && !isTable(text);
    near(share(texts, isDirect), direct, 0.02, `${source} direct`);
    const search = zh ? 0.35 : 0.13;
    const more = share(texts, (text) => tries(text) > 1);
    // A first attempt of a search is wrong in 60 to 75 % of the cases, and then .75 go on.
    assert.ok(more > 0.3 * search && more < 0.6 * search, `${source} search: ${more}`);
    // 30 % of the short answers have no tags
    const short = zh ? 0.35 : 0.42;
    near(
      share(texts, (text) => /^(try|试)/.test(text)),
      0.3 * short,
      0.015,
      `${source} tags`,
    );
    // 25 % of the short answers end without a verdict
    const silent = (text: string): boolean =>
      tries(text) === 1 && / \d+( <\/think>)? <answer>/.test(text);
    near(share(texts, silent), 0.25 * short, 0.015, `${source} no verdict`);
  }
  const units = of('units').map((d) => d.completion);
  near(
    share(units, (text) => text.startsWith('<answer>')),
    0.4,
    0.02,
    'units direct',
  );
  near(
    share(units, (text) => /wait|等/.test(text)),
    0.1,
    0.01,
    'second thoughts',
  );
  near(
    share(units, (text) => /^\d/.test(text)),
    0.5 * 0.3,
    0.015,
    'units tags',
  );
  // A working that did not forget its second line ends in `12 m + 15 = 27 m`, and the answer says the same.
  const lastLine = /(\d+) ([mlg]) [-+/] \d+ = (\d+ [mlgs])( <\/think>)? <answer> (.*) <\/answer>/;
  const ended = of('units').flatMap((d) => {
    const found = lastLine.exec(d.completion);
    return found ? [{ unit: d.prompt.split(' ')[2], found }] : [];
  });
  near(ended.length / units.length, 0.5, 0.05, 'units with a last line');
  for (const { unit, found } of ended) {
    assert.equal(found[2], unit);
    assert.equal(found[3], found[5]);
  }
});

test('lengths: prompts of at most 13 tokens, documents of at most 176', () => {
  assert.equal(Math.max(...documents.map((d) => d.promptLength)), 13);
  for (const d of of('countdown')) assert.equal(d.promptLength, 8);
  for (const d of of('units')) assert.equal(d.promptLength, 10);
  const longest = Math.max(...documents.map((d) => d.length));
  assert.ok(longest > 120 && longest <= 176, `longest ${longest}`);
  const mean = documents.reduce((sum, d) => sum + d.length, 0) / documents.length;
  near(mean, 33.5, 1, 'mean length');
});

test('every calculation, restated target and verdict in the corpus is right', () => {
  const value = (text: string | undefined): number => Number(text);
  let verdicts = 0;
  let calculations = 0;
  for (const { source, prompt, completion } of documents) {
    for (const [, left, operator, right, result] of completion.matchAll(
      /(\d+) ([-+*/]) (\d+) =(?= (\d+))/g,
    )) {
      assert.equal(runText(left!, `${operator} ${right}`), value(result), completion);
      calculations++;
    }
    for (const [, found, wanted, verdict] of completion.matchAll(
      /(\d+) -> (\d+) (yes|no|对|不)/g,
    )) {
      assert.equal(found === wanted, verdict === 'yes' || verdict === '对', completion);
      verdicts++;
      if (source === 'countdown') assert.equal(wanted, prompt.split(' ')[1]);
      if (source === 'programs') assert.ok(prompt.includes(`-> ${wanted} `));
    }
  }
  assert.ok(verdicts > 10_000 && calculations > 80_000, `${verdicts} ${calculations}`);
});

test('no attempt is repeated within a trace', () => {
  let attempts = 0;
  for (const { completion } of documents) {
    const parts = completion.split(/(?:try|试) /).slice(1);
    const firstRuns = parts.map((part) => part.split(' ->')[0]);
    assert.equal(new Set(firstRuns).size, firstRuns.length, completion);
    attempts += firstRuns.length;
  }
  assert.ok(attempts > 20_000);
});

test('searches: when they stop, how often they go on, how often they change language', () => {
  const searches = [...of('countdown'), ...of('programs')].filter((d) => tries(d.completion) > 1);
  assert.ok(Math.max(...searches.map((d) => tries(d.completion))) <= 9);
  for (const { completion } of searches) {
    // a solved attempt is the last one: in programs, one `yes` may be followed by the second example
    assert.ok(!/(yes|对) (wait|等|try|试)/.test(completion), completion);
    assert.ok(!/(no|不) (try|试)/.test(completion), completion);
  }
  for (const { completion } of of('programs')) {
    // what passes the first example is run on the second one
    const thinking = completion.split('<answer>')[0]!;
    for (const attempt of thinking.split(/try|试/).slice(1)) {
      const runs = attempt.match(/->/g)!.length;
      assert.equal(runs, /^[^>]*> \d+ (yes|对)/.test(attempt) ? 2 : 1, completion);
    }
  }
  const waits = searches.flatMap((d) =>
    [...d.completion.matchAll(/(no|不) (wait|等)/g)].map(
      ([, no, wait]) => (no === 'no') !== (wait === 'wait'),
    ),
  );
  near(share(waits, Boolean), 0.1, 0.015, 'language switches');
});

test('facts and drills', () => {
  for (const { completion } of of('facts')) {
    assert.match(completion, /^(\d+ [-+*/] \d+ = \d+ : ){8}<eos>$/);
  }
  const pairs = of('drill').flatMap(({ completion }) => {
    assert.match(completion, /^((\d+ -> \d+ (yes|no) : ){8}|(\d+ -> \d+ [对不] : ){8})<eos>$/);
    return [...completion.matchAll(/(\d+) -> (\d+)/g)].map((m) => Number(m[1]) - Number(m[2]));
  });
  // half, and a few of the random and clipped ones
  near(
    share(pairs, (d) => d === 0),
    0.506,
    0.01,
    'equal pairs',
  );
  near(
    share(pairs, (d) => d !== 0 && Math.abs(d) <= 3),
    0.27,
    0.01,
    'close pairs',
  );
});

test('the corpus without search has no second attempt and no wait', () => {
  const other = write(noSearchCorpus, 'no search', 20_000);
  for (const { completion } of other) {
    assert.ok(tries(completion) <= 1, completion);
    assert.ok(!/wait|等/.test(completion), completion);
  }
  const countdown = other.filter((d) => d.source === 'countdown' && !isChinese(d));
  const direct = share(countdown, (d) => d.completion.startsWith('<answer>'));
  near(direct, 0.45 / 0.87, 0.02, 'direct');
});

test('the corpus with weak verdicts: no drill, and verdicts are coin flips', () => {
  const other = write(weakVerdictCorpus, 'weak', 20_000);
  assert.equal(other.filter((d) => d.source === 'drill').length, 0);
  const verdicts = other.flatMap(({ completion }) =>
    [...completion.matchAll(/(\d+) -> (\d+) (yes|no|对|不)/g)].map(
      ([, found, wanted, verdict]) =>
        (found === wanted) === (verdict === 'yes' || verdict === '对'),
    ),
  );
  // A little over a half: who leaves a verdict out leaves out the last one, and a first `yes` before it is mostly right.
  near(share(verdicts, Boolean), 0.52, 0.015, 'right verdicts');
  assert.ok(verdicts.length > 5_000);
  assert.ok(Math.max(...other.map((d) => d.length)) <= 176);
});

test('the same seed writes the same documents, another seed others', () => {
  const text = (seed: string): string => JSON.stringify(write(defaultCorpus, seed, 50));
  assert.equal(text('a'), text('a'));
  assert.notEqual(text('a'), text('b'));
});

/** A problem's name, made from its prompt: it differs whenever the problem does, whatever order it is asked in. */
function nameOf(prompt: string): string {
  const rest = prompt.slice(prompt.indexOf(' ') + 1);
  const kind = /^(make|凑)/.test(prompt) ? 'c' : /^(rule|律)/.test(prompt) ? 'p' : 'u';
  if (kind === 'c') {
    const [target, numbers] = rest.split(' : ');
    return `c ${target} ${numbers!.split(' ').sort().join(' ')}`;
  }
  if (kind === 'p') return `p ${rest.split(' : ')[0]!.split(' ; ').sort().join(' ')}`;
  const words = rest.replace('time', '时').replace('to', '到').replace('rate', '率').split(' ');
  return `u ${words.filter((_, i) => i !== 1).join(' ')}`;
}

test('held-out problems never occur in the corpus or in the training split', () => {
  const random = createRandom('splits');
  const kinds: [keyof OwnProblems, number][] = [
    ['countdown', 1],
    ['countdown', 2],
    ['countdown', 3],
    ['countdown', 5],
    ['programs', 1],
    ['programs', 2],
    ['programs', 3],
    ['units', 0],
  ];
  const names = (split: Split): Set<string> =>
    new Set(
      kinds.flatMap(([task, level]) =>
        Array.from({ length: 1500 }, () =>
          nameOf(
            promptText(generate(task, level, random, split), pick(['en', 'zh'] as const, random)),
          ),
        ),
      ),
    );
  const heldOut = names('held-out');
  const training = names('train');
  const corpus = new Set(documents.filter((d) => d.prompt !== '').map((d) => nameOf(d.prompt)));
  assert.ok(heldOut.size > 1500 && training.size > 5000 && corpus.size > 8_000);
  for (const name of heldOut) assert.ok(!training.has(name) && !corpus.has(name), name);
  // The two kinds of name agree: the training problems do turn up in the corpus.
  assert.ok([...training].filter((name) => corpus.has(name)).length > 2000);
});

test('a tenth of the problems is held out', () => {
  const keys = Array.from({ length: 50_000 }, (_, i) => `countdown ${i % 7} ${i} : ${i % 61}`);
  near(
    share(keys, (key) => isInSplit(key, 'held-out')),
    0.1,
    0.005,
    'held-out',
  );
  for (const key of keys.slice(0, 100)) {
    assert.notEqual(isInSplit(key, 'held-out'), isInSplit(key, 'train'));
  }
});

test('the chance of a guess, as measured for the design', () => {
  const random = createRandom('chance');
  const countdown = (level: number): boolean => {
    const { numbers, target } = generate('countdown', level, random, 'train') as CountdownProblem;
    const chain = randomChain(numbers, countdownOperators(level), random);
    return run(chain.start, chain.steps) === target;
  };
  const programs = (level: number): boolean => {
    const problem = generate('programs', level, random, 'train') as ProgramsProblem;
    const steps = guessProgram(problem, 0.75, random);
    const answer = steps.map((s) => `${s.operator} ${s.operand}`).join(' ');
    return verify(problem, `<answer> ${answer} </answer> <eos>`).correct;
  };
  for (const [guess, level, guesses, expected] of [
    [countdown, 2, 4000, 0.295],
    [countdown, 3, 4000, 0.1],
    [countdown, 4, 4000, 0.196],
    [countdown, 5, 4000, 0.052],
    [programs, 1, 3000, 0.69],
    [programs, 2, 3000, 0.22],
    [programs, 3, 3000, 0.12],
  ] as const) {
    const right = Array.from({ length: guesses }, () => guess(level));
    near(share(right, Boolean), expected, 0.035, `${guess.name} ${level}`);
  }
});

test('cold-start completions are exemplary', () => {
  const random = createRandom('cold start');
  const kinds = [
    ['countdown', 3],
    ['countdown', 5],
    ['programs', 2],
    ['programs', 3],
    ['units', 0],
  ] as const;
  let gaveUp = 0;
  for (let i = 0; i < 2000; i++) {
    const [task, level] = kinds[i % kinds.length]!;
    const language = i % 3 === 0 ? 'zh' : 'en';
    const problem: Problem = generate(task, level, random, 'train');
    const solved = i % 4 !== 0;
    const completion = coldStartCompletion(problem, language, random, solved);
    const verdict = verify(problem, completion);
    assert.ok(verdict.format, completion);
    if (solved || task === 'units') assert.ok(verdict.correct, completion);
    else if (!verdict.correct) gaveUp++;
    assert.equal(languageConsistency(completion, language), 1);
    const { arithmetic, verdict: verdicts, copy, repeats } = diagnose(problem, completion);
    assert.equal(arithmetic.hits, arithmetic.total);
    assert.equal(verdicts.hits, verdicts.total);
    assert.equal(copy.hits, copy.total);
    assert.equal(repeats.hits, 0);
    assert.ok(promptIds(problem, language).length + completion.split(' ').length <= 176);
  }
  assert.ok(gaveUp > 100);
});
