import { readText } from '../../tokenizer/writtenText';
import type { Verdict } from '../task';
import { canonicalAnswer, finalAnswer, numberIn } from './finalAnswer';

/** What tells a language model how to end. */
export const askForAnswer = 'End with a line that begins with "Answer:".';

/**
 * Returns the verdict on a completion in words, given the right answer: its final answer has to be marked, and equal as a
 * number, or in its words where the right answer is no number. "Visibly" right is the last number where none is marked. The format is one line `Answer: …` at the end, and no other.
 */
export function judgeAnswer(right: string, completion: string): Verdict {
  const { text, finished } = readText(completion);
  const wanted = canonicalAnswer(right);
  const isNumber = numberIn(right) !== null;
  const meaning = (answer: string | null): string | null =>
    answer === null ? null : isNumber ? numberIn(answer) : canonicalAnswer(answer) || null;
  const answer = finished ? finalAnswer(text) : null;
  const canonical = meaning(answer);
  const correct = canonical === wanted;
  return {
    correct,
    format: finished && isInForm(text),
    finished,
    answer,
    canonicalAnswer: canonical,
    visibleCorrect: finished && meaning(finalAnswer(text, 'loose')) === wanted,
    lookupTable: false,
  };
}

/** Some text, and then the only line that begins with `Answer:`. */
function isInForm(text: string): boolean {
  const lines = text.split('\n');
  const marked = lines.filter((line) => line.startsWith('Answer:'));
  return lines.length > 1 && marked.length === 1 && /^Answer: \S/.test(lines[lines.length - 1]!);
}
