/** Times the work of a language model that learns by adapters, here and in PyTorch with transformers, PEFT and TRL. */
import { createRandom } from '../core/random';
import { tf } from '../engine/tensorflow';
import { decoderLogits } from '../model/decoder';
import { countParameters, type Model } from '../model/parameters';
import { createLanguageSampler } from '../sampling/languageSampler';
import type { Rollout } from '../sampling/sampler';
import { memoryNeed, needsOf } from '../stages/language/memory';
import { languageRLSettings } from '../stages/language/settings';
import { startPolicy } from '../stages/loop/policy';
import { sampleGroups, type Question } from '../stages/rollouts';
import { promptIds } from '../tasks/index';
import { planOf, problemsOfPlan } from '../tasks/plan';
import { grpoUpdates, type ScoredCompletion } from '../training/grpo';
import { workbookVariant } from '../training/variants';
import { compare, type BenchRow, type Comparison, type Work } from './compare';
import { trlSteps, type Measurement, type TorchServer } from './torch';

/** What a step is: 8 prompts with 8 completions each, all of exactly `newTokens` tokens. */
export interface LanguageShape {
  readonly prompts: number;
  readonly groupSize: number;
  readonly newTokens: number;
}
export const languageShape: LanguageShape = { prompts: 8, groupSize: 8, newTokens: 64 };

const lora = languageRLSettings().lora!;

/** The pieces of work that can be timed. Each returns the tokens of its completions and its seconds. */
export interface LanguageBench {
  /** the prompts of every step as token ids */
  readonly prompts: readonly number[][];
  /** samples the completions of a step */
  decode(): Measurement;
  /** one update of the adapters, with the completions that were sampled last */
  update(): Measurement;
  /** one step of R1-Zero: completions, rewards, update, adapters added to the weights */
  grpo(): Promise<Measurement>;
  /** the completions that were sampled last, as token ids, group by group */
  completions(): number[][];
  dispose(): void;
}

const now = (): number => performance.now() / 1000;

/** Makes the bench of a model with a tokenizer, whose weights stay the caller's. */
export function createLanguageBench(
  from: Model,
  { prompts: count, groupSize, newTokens }: LanguageShape = languageShape,
): LanguageBench {
  const settings = languageRLSettings({ lora, groupSize, maxNewTokens: newTokens });
  const { optimizer, batches: shapes } = settings;
  const tokenizer = from.tokenizer!;
  const policy = startPolicy({ from, fromName: '', seed: 0, optimizer, saved: null, where: '' }, settings); // prettier-ignore
  // No token ends a completion, so that both sides sample the same number.
  const sampler = createLanguageSampler(from.config, { ...tokenizer, endTokens: [] });
  const problems = problemsOfPlan(planOf({ words: { 1: count } }), createRandom('bench'));
  const questions = problems.map((problem): Question => ({ problem, language: 'en' }));
  const prompts = problems.map((problem) => promptIds(problem, 'en', tokenizer));
  const tokens = count * groupSize * newTokens;
  let step = 0;
  let rollouts: Rollout[][] = [];
  const sampling = () => ({ groupSize, maxNewTokens: newTokens, seed: 0, step: step++ });
  const timed = (work: () => void): Measurement => {
    const began = now();
    work();
    return { tokens, seconds: now() - began };
  };
  const learn = (): void => {
    // Rewards of 0 and 1 in turn, so that no group is left out.
    const scored = rollouts.map((group) => group.map((r, i): ScoredCompletion => ({ ...r, reward: i % 2 }))); // prettier-ignore
    const updates = { updatesPerBatch: 1, shapes, learningRate: 1e-6, seed: [0, step] };
    grpoUpdates(policy.learner, scored, workbookVariant, updates);
  };
  return {
    prompts,
    decode: () => timed(() => (rollouts = sampler.sample(policy.weights(), prompts, sampling()))),
    update: () => timed(learn),
    async grpo() {
      const began = now();
      const options = { ...sampling(), rewards: settings.rewards };
      const scored = await sampleGroups(policy.weights(), sampler, questions, options);
      rollouts = scored.map((group) => group.map(({ rollout }) => rollout));
      learn();
      policy.weights(); // adds what was learned to the weights of the next step
      return { tokens, seconds: now() - began };
    },
    completions: () => rollouts.flat().map(({ completionIds }) => [...completionIds]),
    dispose() {
      sampler.dispose();
      policy.dispose();
    },
  };
}

/** What is measured of a language model: the rows, and the memory of a GRPO step beside its estimate. */
export interface LanguageReport {
  readonly rows: readonly BenchRow[];
  readonly peakMiB: number;
  readonly estimateMiB: number;
}

/** Measures a language model that was just opened; with `torch`, in turn with PyTorch. */
export async function measureLanguageModel(
  { name, folder, model }: { name: string; folder: string; model: Model },
  repeats: number,
  torch: TorchServer | null,
): Promise<LanguageReport> {
  const bench = createLanguageBench(model);
  // The steps come first: the height of a process's memory is known only for its whole life.
  for (let i = 0; i < 2; i++) await bench.grpo();
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  const { prompts, groupSize, newTokens } = languageShape;
  const plan = planOf({ words: { 1: prompts } });
  const settings = languageRLSettings({ plan, maxNewTokens: newTokens });
  const needs = { ...needsOf(model, settings, lora), rows: prompts * groupSize };
  const estimateMiB = Math.round(memoryNeed(needs) / 2 ** 20);
  if (torch) await loadThere(torch, folder, model, bench.prompts);
  const about = { size: name, weights: countParameters(model.parameters) };
  const rows: BenchRow[] = [];
  for (const { work, otherName, ours, other } of comparisons(bench, torch, repeats))
    rows.push(await compare({ work, otherName, ...about }, repeats, ours, other));
  bench.dispose();
  return { rows, peakMiB, estimateMiB };
}

/** Opens the model in transformers and checks that its logits are ours. */
async function loadThere(
  torch: TorchServer,
  folder: string,
  { config, parameters }: Model,
  prompts: readonly number[][],
): Promise<void> {
  const { logits } = await torch.ask<{ logits: number[][] }>('load', {
    folder,
    ids: prompts,
    lora,
  });
  prompts.forEach((ids, i) => {
    const apart = tf.tidy(() => {
      const row = tf.tensor([...ids], [1, ids.length], 'int32');
      const ours = decoderLogits(config, parameters, row, tf.zeros([1, ids.length]));
      const last = ours.reshape([ids.length, -1]).slice([ids.length - 1, 0], [1, -1]);
      return last
        .sub(tf.tensor(logits[i]!, [1, logits[i]!.length]))
        .abs()
        .max()
        .dataSync()[0]!;
    });
    if (!(apart < 1e-3)) throw new Error(`transformers has another model: logits ${apart} apart`);
  });
}

function comparisons(bench: LanguageBench, torch: TorchServer | null, repeats: number) {
  const { groupSize, newTokens } = languageShape;
  const asked = { prompts: bench.prompts, group: groupSize, new_tokens: newTokens };
  const there = (work: string, request: () => object): Work | null =>
    torch && (() => torch.ask<Measurement>(work, { ...request() }));
  const completions = () => ({ ...asked, completions: bench.completions() });
  const all: Comparison[] = [
    { work: 'decoding', otherName: 'generate', ours: bench.decode, other: there('generate', () => asked) }, // prettier-ignore
    { work: 'update of adapters', otherName: 'PEFT', ours: bench.update, other: there('update', completions) }, // prettier-ignore
    {
      work: 'GRPO step',
      otherName: 'TRL',
      ours: bench.grpo,
      other: torch && trlSteps(torch, asked, repeats),
    },
  ];
  return all;
}
