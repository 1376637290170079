import { UserError } from '../core/errors';
import {
  defaultCorpus,
  noSearchCorpus,
  unequalCorpus,
  weakVerdictCorpus,
  type Corpus,
} from '../tasks/corpus';

/** The corpora that a base model can be trained on: the default one, and one for each control. */
export const corpora = {
  default: defaultCorpus,
  'no-search': noSearchCorpus,
  'weak-verdict': weakVerdictCorpus,
  'unequal-languages': unequalCorpus,
} as const satisfies Record<string, Corpus>;

export type CorpusName = keyof typeof corpora;

export function corpusNamed(name: string): Corpus {
  const corpus = corpora[name as CorpusName];
  if (!corpus)
    throw new UserError(`unknown corpus ${name}: use ${Object.keys(corpora).join(', ')}`);
  return corpus;
}
