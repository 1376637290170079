/** The final answer in a text that thinks aloud before it, and what it is worth. None of this throws, whatever the text. */
import { core, hasDigit, numberAt, tokensOf, undressed } from './numbers';
import { isNumberWord } from './numberWords';

/** Strict: an answer is what is marked as one. Loose: where nothing is marked, it is the last number. */
export type Reading = 'strict' | 'loose';

/** Longer answers are none. */
export const longestAnswer = 200;
/** Words after the number. */
const mostUnitWords = 6;

/**
 * Returns the final answer as it is written: what follows the last mark, which is a line that begins with `Answer:`, a
 * `\boxed{}`, or `####` before a number as in GSM8K. Null where there is none, or nothing after it.
 */
export function finalAnswer(text: string, reading: Reading = 'strict'): string | null {
  const marks = [lastLine(text), lastBoxed(text), lastHashes(text)];
  const last = marks.reduce((a, b) => (b.at > a.at ? b : a));
  if (last.at < 0) return reading === 'loose' ? lastNumber(text) : null;
  const answer = last.answer.trim();
  return answer === '' || answer.length > longestAnswer ? null : answer;
}

interface Mark {
  /** -1 where there is none */
  readonly at: number;
  readonly answer: string;
}

const none: Mark = { at: -1, answer: '' };
const answerLine = /^[\s>*_#-]*(?:the |my )?(?:final )?answer(?: is)?[ *_]*:[ *_]*/i;
const numberBegins = /^\s*[+\-−]?[$€£¥]?[-−]?\.?[\d½¼¾⅓⅔⅕⅛]/;
/** So much of a line is searched for a mark. */
const markLength = 60;

function lastLine(text: string): Mark {
  for (let end = text.length; end >= 0;) {
    const at = end === 0 ? 0 : text.lastIndexOf('\n', end - 1) + 1;
    const match = answerLine.exec(text.slice(at, Math.min(end, at + markLength)));
    if (match) return { at, answer: text.slice(at + match[0].length, end) };
    end = at - 1;
  }
  return none;
}

function lastBoxed(text: string): Mark {
  const mark = '\\boxed{';
  const at = text.lastIndexOf(mark);
  if (at < 0) return none;
  const from = at + mark.length;
  const inside = text.slice(from, from + longestAnswer + 1);
  let open = 1;
  for (let i = 0; i < inside.length; i++) {
    if (inside[i] === '{') open++;
    if (inside[i] === '}') open--;
    if (open === 0) return { at, answer: inside.slice(0, i) };
  }
  return { at, answer: '' };
}

function lastHashes(text: string): Mark {
  for (let at = text.length; (at = text.lastIndexOf('####', at - 1)) >= 0;) {
    const from = at + 4;
    if (numberBegins.test(text.slice(from, from + markLength)))
      return { at, answer: text.slice(from).split('\n', 1)[0]! };
    if (at === 0) break;
  }
  return none;
}

/** Signs of which nobody knows whether they belong to the number after them. */
const operator = /^(?:[-+−–]|minus)$/i;

/** No number takes more tokens. */
const mostTokens = 40;

/** The last number in digits; in a text without digits the last one in words. Null where it is not understood. */
function lastNumber(text: string): string | null {
  const tokens = tokensOf(withoutLatex(text).replaceAll('=', ' = '));
  const digits = tokens.findLastIndex(hasDigit);
  const at = digits < 0 ? tokens.findLastIndex(hasNumberWord) : digits;
  for (let i = Math.max(0, at - mostTokens); i <= at;) {
    const found = numberAt(tokens, i);
    if (found && found.end > at) {
      const isOperand = operator.test(tokens[i - 1] ?? '') || operator.test(tokens[i]!);
      const isRead = found.value !== null && !isOperand;
      return isRead ? tokens.slice(i, found.end).map(core).join(' ') : null;
    }
    i = found?.end ?? i + 1;
  }
  return null;
}

const hasNumberWord = (token: string): boolean =>
  core(token).toLowerCase().split('-').some(isNumberWord);

/** Words that make another number of the one before them. */
const notUnits = new Set(
  'and or to minus plus times over divided half halves third thirds quarter quarters than'.split(
    ' ',
  ),
);

/**
 * Returns the exact value of an answer as a text in lowest terms, `12` or `-3/4`, so that equal numbers have equal texts;
 * of an equation what follows its last `=`. The number stands first, and a few words of its unit may follow. Null for
 * everything else.
 */
export function numberIn(answer: string): string | null {
  if (answer.length > longestAnswer) return null;
  const plain = withoutLatex(answer.normalize('NFC'));
  const all = tokensOf(plain.slice(plain.lastIndexOf('=') + 1));
  const tokens = all.slice(all.findIndex((token) => undressed(token) !== ''));
  const found = numberAt(tokens, 0);
  if (!found) return null;
  const rest = tokens.slice(found.end).map(core);
  return rest.length <= mostUnitWords && rest.every(isUnit) ? found.value : null;
}

const isUnit = (word: string): boolean =>
  word === '' ||
  /^[%$€£¥]$/.test(word) ||
  (/^\p{L}+(?:[/'’-]\p{L}+)*$/u.test(word) &&
    !notUnits.has(word.toLowerCase()) &&
    !isNumberWord(word.toLowerCase().split('-')[0]!));

/** Returns the same text for answers that mean the same, for votes: of a number its value, of words the words. */
export const canonicalAnswer = (answer: string): string =>
  numberIn(answer) ?? wordsIn(answer.slice(0, longestAnswer));

/** The words of an answer in lower case, without what stands around them. */
const wordsIn = (answer: string): string =>
  undressed(tokensOf(withoutLatex(answer.normalize('NFC')).toLowerCase()).join(' ')).trim();

/** What answers in LaTeX have around their numbers is taken away. */
const withoutLatex = (text: string): string =>
  text.includes('\\') || text.includes('{')
    ? text
        .replaceAll('{,}', ',')
        .replace(/\\(?:text|textbf|mathrm|mathbf)\{([^{}]*)\}/g, ' $1')
        .replace(/(\d)(?=[-−]?\\[dt]?frac)/g, '$1 ')
        .replace(/\\[dt]?frac\{(\d{1,40})\}\{(\d{1,40})\}/g, '$1/$2')
        .replace(/\^\{?\\circ\}?/g, '°')
        .replaceAll('\\!', '')
        .replace(/\\[,;: ()[\]]/g, ' ')
        .replace(/\\([$%])/g, '$1')
    : text;
