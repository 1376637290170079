/** Plain questions to a language model, and what it would say next. */
import { tf } from '../engine/tensorflow';
import { decoderLogits } from '../model/decoder';
import type { Model } from '../model/parameters';
import { samplerFor } from '../stages/places';
import type { TextTokenizer } from '../tokenizer/textTokenizer';
import { readText } from '../tokenizer/writtenText';

/** A model with the tokenizer of a language model. */
export type SpeakingModel = Model & { readonly tokenizer?: TextTokenizer };

/** Answers to one message of a user, each as the model ended it, or with `…` where it was cut. */
export async function answersOf(
  { config, parameters, tokenizer }: SpeakingModel,
  message: string,
  { samples = 1, temperature = 0.7, maxNewTokens = 60, seed = 0 } = {},
): Promise<string[]> {
  const sampler = samplerFor(config, tokenizer);
  const prompt = tokenizer!.chatIds([{ role: 'user', content: message }]);
  const options = { groupSize: samples, maxNewTokens, temperature, seed };
  const [rollouts] = await sampler.sample(parameters, [prompt], options);
  sampler.dispose();
  return rollouts!.map(({ text }) => {
    const read = readText(text);
    return read.finished ? read.text : `${read.text}…`;
  });
}

/** A token that a model might say next. */
export interface NextToken {
  readonly id: number;
  readonly text: string;
  readonly probability: number;
}

/** The `count` tokens that a model finds most likely after these ids, the likeliest first. */
export function nextTokens(
  { config, parameters, tokenizer }: SpeakingModel,
  ids: readonly number[],
  count: number,
): NextToken[] {
  const [values, places] = tf.tidy(() => {
    const row = tf.tensor2d([...ids], [1, ids.length], 'int32');
    const logits = decoderLogits(config, parameters, row, tf.zeros([1, ids.length])); // [T, V]
    const last = tf.slice(logits, [ids.length - 1, 0], [1, config.vocabSize]); // [1, V]
    const best = tf.topk(tf.softmax(tf.reshape(last, [config.vocabSize])), count);
    return [best.values.dataSync(), best.indices.dataSync()];
  });
  return Array.from(places, (id, i) => ({
    id,
    text: tokenizer!.decode([id]),
    probability: values[i]!,
  }));
}
