import { createRandom } from '../core/random';
import { tf } from '../engine/tensorflow';
import { decoderLogits } from '../model/decoder';
import type { Model } from '../model/parameters';
import { writeDrill } from '../tasks/drill';
import { languageInTurn, languages, tokenIds, wordIds } from '../tokenizer/vocabulary';

/**
 * How often the model says rightly whether two numbers are equal, on 60 fresh drill documents of eight comparisons
 * each. It picks among the words for yes and no, so chance is one half. This skill comes in a jump, and without it
 * searching does not pay: a verdict in a reasoning trace is the same comparison.
 */
export function drillAccuracy({ config, parameters }: Model, documents = 60): number {
  const random = createRandom('drill accuracy');
  const rows = Array.from({ length: documents }, (_, i) => {
    const ids: number[] = [tokenIds.bos];
    writeDrill(ids, languageInTurn(i), random);
    return ids;
  });
  const T = Math.max(...rows.map((ids) => ids.length)) - 1;
  const padded = rows.flatMap((ids) =>
    Array.from({ length: T }, (_, i) => (i < ids.length - 1 ? ids[i]! : tokenIds.pad)),
  );
  const logits = tf.tidy(
    () =>
      decoderLogits(
        config,
        parameters,
        tf.tensor2d(padded, [documents, T], 'int32'),
        tf.zeros([documents, T]),
      ).dataSync() as Float32Array, // [documents T, V]
  );
  const yes = languages.map((language) => wordIds[language].yes);
  const no = languages.map((language) => wordIds[language].no);
  let right = 0;
  let total = 0;
  rows.forEach((ids, r) =>
    ids.forEach((id, i) => {
      if (!yes.includes(id) && !no.includes(id)) return;
      const offset = (r * T + i - 1) * config.vocabSize;
      const best = (words: number[]): number => Math.max(...words.map((w) => logits[offset + w]!));
      total++;
      if (best(yes) > best(no) === yes.includes(id)) right++;
    }),
  );
  return right / total;
}
