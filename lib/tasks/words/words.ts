import type { Random } from '../../core/random';
import { checkLevel, refuseHeldOut, type Problem, type Split, type TaskInWords } from '../task';
import { readText } from '../../tokenizer/writtenText';
import { drawWish, heldOutKinds, rules, type Wish } from './rules';

/** A rule and what it asks for. */
export interface WordsProblem extends Problem, Wish {}

/** Sentences that keep a rule: each level is one kind of rule, see `rules`. */
export const words: TaskInWords<WordsProblem> = {
  name: 'words',
  levels: [...rules.keys()],
  heldOutLevels: heldOutKinds,
  generate(level: number, random: Random, split: Split) {
    checkLevel('words', level, this.levels);
    refuseHeldOut(this, level, split);
    return { task: 'words', level, ...drawWish(rules.get(level)!, random, split) };
  },
  question: (problem) => rules.get(problem.level)!.ask(problem),
  verify(problem, completion) {
    const { text, finished } = readText(completion);
    const correct = finished && rules.get(problem.level)!.isKept(text, problem);
    const answer = finished ? text : null;
    return {
      correct,
      format: finished && isPlain(text),
      finished,
      answer,
      canonicalAnswer: answer,
      visibleCorrect: correct,
      lookupTable: false,
    };
  },
};

/** One line of plain text: nothing quoted as a whole, no mark-up. */
const isPlain = (text: string): boolean => /^[^\n\r*#`_|<>]+$/.test(text) && !/^["“]/.test(text);
