/** Answers in free text, and what came of them: the verdict has to be that of a second reading. */
import { createRandom } from '../../lib/core/random';
import { canonicalAnswer, finalAnswer, numberIn } from '../../lib/tasks/answers/finalAnswer';
import { judgeAnswer } from '../../lib/tasks/answers/judge';
import { oracleAnswer, oracleNumber } from '../answers-oracle';
import { answerText, longAnswerText, lowest, type AnswerText } from './answers';
import type { CompletionsDose, CompletionsReport } from './fuzzCompletions';

const keptFaults = 20;
const lengths = [10_000, 100_000, 1_000_000];

/** Makes texts and checks each. Nothing that happens to one of them is thrown. */
export function fuzzAnswers({
  count,
  everyLong,
  seed,
  onProgress = () => {},
}: CompletionsDose): CompletionsReport {
  const report = { right: 0, faultCount: 0, slowest: 0, growth: 0 };
  const faults: string[] = [];
  let shortTime = 0;
  for (let i = 0; i < count; i++) {
    const long = everyLong > 0 && i % everyLong === everyLong - 1 ? Math.floor(i / everyLong) : -1;
    const key = long < 0 ? i : `long ${Math.floor(long / lengths.length)}`;
    const random = createRandom(seed, 'fuzz answers', key);
    const length = lengths[long % lengths.length] ?? 0;
    const made = length > 0 ? longAnswerText(random, length) : answerText(random);
    const started = performance.now();
    try {
      if (checkAnswer(made)) report.right++;
    } catch (error) {
      report.faultCount++;
      if (faults.length < keptFaults)
        faults.push(`answers ${seed} ${key}: ${(error as Error).message}: ${JSON.stringify(made.text.slice(0, 300))} for ${made.right}`); // prettier-ignore
    }
    report.slowest = Math.max(report.slowest, performance.now() - started);
    if (length === lengths[0]) shortTime = timePerCharacter(made);
    if (length === lengths[lengths.length - 1])
      report.growth = Math.max(report.growth, timePerCharacter(made) / shortTime);
    onProgress(i + 1, count);
  }
  return { task: 'answers', completions: count, faults, ...report };
}

/** What the second reading cannot read: LaTeX other than the box. */
const isBeyond = (text: string): boolean => /\\(?!boxed\{)|\{,\}/.test(text);

/** Returns whether the text gives the right answer. Throws where anything is said of it that is not so. */
function checkAnswer({ right, text, correct }: AnswerText): boolean {
  const claim = (holds: boolean, what: string): void => {
    if (!holds) throw new Error(what);
  };
  const verdict = judgeAnswer(right, text);
  claim(correct === null || verdict.correct === correct, `correct is ${verdict.correct}`);
  claim(!verdict.correct || verdict.finished, 'right, and not finished');
  const finished = text.endsWith('<eos>');
  claim(verdict.finished === finished, `finished is ${verdict.finished}`);
  if (!isBeyond(text)) {
    const answer = finished ? oracleAnswer(text.slice(0, -'<eos>'.length)) : null;
    claim(verdict.answer === answer, `the answer is ${verdict.answer}, by the second reading ${answer}`); // prettier-ignore
    const number = answer === null ? null : oracleNumber(answer);
    const value = number && lowest(number);
    claim(verdict.canonicalAnswer === value, `the value is ${verdict.canonicalAnswer}, by the second reading ${value}`); // prettier-ignore
    claim(verdict.correct === (value === right), `correct is ${verdict.correct}`);
  }
  for (const reading of ['strict', 'loose'] as const) {
    const found = finalAnswer(text, reading);
    const vote = found === null ? '' : canonicalAnswer(found);
    claim(vote.length <= 200 && vote === vote.trim(), `the vote ${vote}`);
    const value = found === null ? null : numberIn(found);
    claim(value === null || numberIn(value) === value, `the value ${value} is read as another`);
  }
  return verdict.correct;
}

/** The shortest of three. */
function timePerCharacter({ right, text }: AnswerText): number {
  const times = [0, 1, 2].map(() => {
    const started = performance.now();
    judgeAnswer(right, text);
    finalAnswer(text, 'loose');
    return (performance.now() - started) / text.length;
  });
  return Math.min(...times);
}
