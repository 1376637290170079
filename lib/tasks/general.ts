/**
 * General prompts, which no rule can mark: `say 12 5 please :` asks for a number fact with both numbers in a friendly
 * form, and `glad 12 - 5 = 7 thanks` is one good answer of many. Which of two answers is better is for a person to
 * say, or for a model of what people say.
 */
import type { Random } from '../core/random';
import { splitTokens } from '../tokenizer/tokenizer';
import {
  largestValue,
  operatorIds,
  operators,
  tokenIds,
  valueId,
  valueOf,
  wordIds,
  words,
  type Language,
} from '../tokenizer/vocabulary';
import { calculate } from './arithmetic';
import { checkLevel, isInSplit, noAnswer, verdictOf } from './task';
import type { Pen, Problem, Split, Task, Verdict } from './task';

export interface GeneralProblem extends Problem {
  readonly task: 'general';
  readonly level: 1;
  readonly first: number;
  readonly second: number;
}

/** A random prompt: a value from 0 to 60 and one from 1 to 30. */
export function generateGeneral(level: number, random: Random, split: Split): GeneralProblem {
  checkLevel('general', level, [1]);
  for (;;) {
    const [first, second] = [random.int(largestValue + 1), 1 + random.int(30)];
    if (isInSplit(`general ${first} ${second}`, split))
      return { task: 'general', level: 1, first, second };
  }
}

/** `say 12 5 please :` */
export function generalPrompt({ first, second }: GeneralProblem, language: Language): number[] {
  const { say, please } = wordIds[language];
  return [say, valueId(first), valueId(second), please, tokenIds.colon];
}

/** The form can be judged, the answer cannot: there is no right one. */
function verifyGeneral(_problem: GeneralProblem, completion: string): Verdict {
  return verdictOf(completion, () => noAnswer);
}

/** What can be said of an answer to a general prompt. */
export interface Manner {
  /** `a op b = c` with both numbers of the prompt, and true */
  readonly rightFacts: number;
  readonly facts: number;
  readonly greets: boolean;
  readonly thanks: boolean;
}

/** Looks at the answer of a completion, any text at all. */
export function mannerOf({ first, second }: GeneralProblem, completion: string): Manner {
  const { answer } = verdictOf(completion, () => noAnswer);
  const tokens = splitTokens(answer ?? '');
  const facts = tokens.flatMap((token, i) => (token === '=' ? [i] : []));
  const right = facts.filter((i) => {
    const [a, b, c] = [tokens[i - 3], tokens[i - 1], tokens[i + 1]].map(valueOf);
    const operator = operators.find((o) => o === tokens[i - 2]);
    if (a == null || b == null || c == null || !operator) return false;
    const used = [a, b, c];
    return calculate(a, operator, b) === c && [first, second].every((n) => used.includes(n));
  });
  const says = (word: 'glad' | 'thanks'): boolean =>
    tokens.includes(words.en[word]) || tokens.includes(words.zh[word]);
  return {
    rightFacts: right.length,
    facts: facts.length,
    greets: says('glad'),
    thanks: says('thanks'),
  };
}

/** How the authors of general documents answer: shares. */
export interface GeneralHabits {
  readonly greet: number;
  readonly thank: number;
  readonly rightFact: number;
  /** a second fact, which nobody asked for */
  readonly secondFact: number;
  /** the answer in the other language */
  readonly otherLanguage: number;
  readonly missingTags: number;
}

/** People of all kinds: some friendly, some curt, some wrong. */
export const generalHabits: GeneralHabits = {
  greet: 0.4,
  thank: 0.4,
  rightFact: 0.8,
  secondFact: 0.25,
  otherLanguage: 0.05,
  missingTags: 0.1,
};

/** Writes somebody's answer: `<think> 12 5 </think> <answer> glad 12 - 5 = 7 thanks </answer> <eos>`. */
export function writeGeneral(
  { ids, language: asked, random }: Pen,
  problem: GeneralProblem,
  habits: GeneralHabits,
): void {
  const { first, second } = problem;
  if (random.next() >= habits.missingTags)
    ids.push(tokenIds.think, valueId(first), valueId(second), tokenIds.endThink);
  const other = asked === 'en' ? 'zh' : 'en';
  const language = random.next() < habits.otherLanguage ? other : asked;
  ids.push(tokenIds.answer);
  if (random.next() < habits.greet) ids.push(wordIds[language].glad);
  writeFact(ids, problem, habits, random);
  if (random.next() < habits.secondFact) {
    ids.push(tokenIds.semicolon);
    writeFact(ids, problem, habits, random);
  }
  if (random.next() < habits.thank) ids.push(wordIds[language].thanks);
  ids.push(tokenIds.endAnswer, tokenIds.eos);
}

function writeFact(
  ids: number[],
  { first, second }: GeneralProblem,
  { rightFact }: GeneralHabits,
  random: Random,
): void {
  const possible = operators.filter((operator) => calculate(first, operator, second) !== null);
  // One of the two is always allowed: 60 - 30, 0 + 30.
  const operator = possible[random.int(possible.length)]!;
  const right = calculate(first, operator, second)!;
  const slip = 1 + random.int(3);
  const wrong = right + slip <= largestValue ? right + slip : right - slip;
  ids.push(valueId(first), operatorIds[operator], valueId(second), tokenIds.equals);
  ids.push(valueId(random.next() < rightFact ? right : wrong));
}

/** Whether a problem is a general prompt, to which there is no right answer. */
export const isGeneral = (problem: Problem): problem is GeneralProblem =>
  problem.task === general.name;

export const general: Task<GeneralProblem> = {
  name: 'general',
  levels: [1],
  generate: generateGeneral,
  promptIds: generalPrompt,
  verify: verifyGeneral,
};
