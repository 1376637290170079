/** The words of doubt in completions, and the first time that a model corrects itself. */
import { splitTokens } from '../tokenizer/tokenizer';
import { words, type Word } from '../tokenizer/vocabulary';

/** What has to be known of a completion. */
export interface Sampled {
  readonly step: number;
  readonly prompt: string;
  readonly completion: string;
  readonly correct: boolean;
}

const isWord = (token: string | undefined, word: Word): boolean =>
  token === words.en[word] || token === words.zh[word];

/** How often a word stands in a completion, on average, in either language. */
export function wordRate(completions: readonly string[], word: Word): number {
  const tokens = completions.flatMap(splitTokens);
  return tokens.filter((token) => isWord(token, word)).length / completions.length;
}

/** Says `no`, then `wait`, tries again, and ends right. */
function correctsItself({ completion, correct }: Sampled): boolean {
  const tokens = splitTokens(completion);
  const doubt = tokens.findIndex(
    (token, i) => isWord(token, 'no') && isWord(tokens[i + 1], 'wait'),
  );
  return correct && doubt >= 0 && tokens.slice(doubt).some((token) => isWord(token, 'try'));
}

/**
 * The first completion, in the order of the steps, that corrects itself on a prompt that was met before without that:
 * the moment that DeepSeek-R1's Table 3 (v1) shows, found by a rule. Null where there is none.
 */
export function firstSelfCorrection<S extends Sampled>(
  rollouts: readonly S[],
): { before: S; after: S } | null {
  const inOrder = [...rollouts].sort((a, b) => a.step - b.step);
  for (const after of inOrder.filter(correctsItself)) {
    const earlier = inOrder.filter((r) => r.prompt === after.prompt && r.step < after.step);
    if (earlier.length > 0 && !earlier.some(correctsItself))
      return { before: earlier.at(-1)!, after };
  }
  return null;
}
