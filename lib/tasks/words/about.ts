/** Whether a sentence is about its subject: what no rule asks, and what a stricter reward may ask. */
import { readText } from '../../tokenizer/writtenText';
import type { WordsProblem } from './words';

/** A word as it stands in a text, alone or in the plural; a plural also in the singular. */
export const wordAnywhere = (word: string): RegExp =>
  new RegExp(`\\b${word.toLowerCase().replace(/s$/, '')}s?\\b`, 'g');

/** The subject as it stands in a text, with or without its article. */
export const subjectAnywhere = (subject: string): RegExp =>
  wordAnywhere(subject.toLowerCase().replace(/^(?:an?|the) /, ''));

/** What a sentence says that speaks of the request and not of the subject. */
const ofTheRequest = /\b(?:words?|sentences?|letters?|contain(?:s|ed|ing)?|writ(?:e|es|ing|ten))\b/;

/** Whether a sentence names its subject and does not speak of the request, but in the words that were asked for. */
export function isAbout({ subject, words }: WordsProblem, completion: string): boolean {
  const text = readText(completion).text.toLowerCase();
  const asked = [subjectAnywhere(subject), ...words.map(wordAnywhere)];
  const own = asked.reduce((said, pattern) => said.replaceAll(pattern, ''), text);
  return text.search(asked[0]!) >= 0 && own.search(ofTheRequest) < 0;
}
