/** The settings with which a language model of a hundred million weights learns on a laptop. */
import { loraTargets } from '../../model/lora';
import { planOf } from '../../tasks/plan';
import { defaultGrpo } from '../../training/grpo';
import { defaultOptimizer } from '../../training/optimizer';
import type { LoraSettings, RLSettings, SftSettings } from '../settings';

const lora: LoraSettings = { rank: 8, alpha: 16, targets: loraTargets, recompute: false };

/**
 * Adapters learn at about ten times the rate of whole weights (Schulman et al. 2025, LoRA Without Regret,
 * https://thinkingmachines.ai/blog/lora).
 */
const learning = {
  learningRate: 3e-4,
  warmUpSteps: 1,
  optimizer: defaultOptimizer,
  lora,
  batches: [{ rows: 1, rowLength: 512 }],
};

/** What is measured of a language model, whose completions cost a hundred times as much as those of a small one. */
const heldOut = {
  evaluated: [{ task: 'words', level: 1 }],
  finalProblems: 200,
  evaluationSamples: 4,
  finalGeneralPrompts: 0,
  maxNewTokens: 40,
};

/** Reinforcement learning on a rule: 8 prompts with 8 answers each, and one update a step. */
export const languageRLSettings = (overrides: Partial<RLSettings> = {}): RLSettings => ({
  ...learning,
  ...heldOut,
  steps: 20,
  plan: planOf({ words: { 1: 8 } }),
  groupSize: 8,
  grpo: { ...defaultGrpo, updatesPerBatch: 1 },
  rewards: { accuracy: 1, format: 0, language: 0 },
  evaluateEvery: 10,
  evaluationProblems: 64,
  ...overrides,
});

/** Fine-tuning on traces. */
export const languageSftSettings = (overrides: Partial<SftSettings> = {}): SftSettings => ({
  ...learning,
  ...heldOut,
  epochs: 2,
  tracesPerStep: 16,
  ...overrides,
});
