import { UserError } from '../core/errors';
import {
  corpusOf,
  defaultCorpus,
  noSearchCorpus,
  unequalCorpus,
  weakVerdictCorpus,
  type Corpus,
} from '../tasks/corpus';
import { isKnown } from '../tasks/index';

/** The corpora that a base model can be trained on: the default one, and one for each control. */
export const corpora = {
  default: defaultCorpus,
  'no-search': noSearchCorpus,
  'weak-verdict': weakVerdictCorpus,
  'unequal-languages': unequalCorpus,
} as const satisfies Record<string, Corpus>;

export type CorpusName = keyof typeof corpora;

/** Whether a corpus is one of the workbook's and not that of a reader's own task. */
export const isOfWorkbook = (name: string): name is CorpusName => Object.hasOwn(corpora, name);

/** Returns a corpus by its name: one of the workbook's, or that of the task of that name. */
export function corpusNamed(name: string): Corpus {
  if (isOfWorkbook(name)) return corpora[name];
  if (isKnown(name)) return corpusOf(name);
  const names = Object.keys(corpora).join(', ');
  throw new UserError(`unknown corpus ${name}: use ${names}, or a task of your own`);
}
