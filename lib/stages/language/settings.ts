/** The settings with which a language model of a hundred million weights learns on a laptop. */
import { loraTargets } from '../../model/lora';
import { planOf } from '../../tasks/plan';
import { defaultGrpo } from '../../training/grpo';
import { defaultOptimizer } from '../../training/optimizer';
import type { RLSettings } from '../settings';

/**
 * R1-Zero on a rule: 8 prompts with 8 answers each and one update a step. Adapters learn at about ten times the rate of
 * whole weights (Schulman et al. 2025, LoRA Without Regret).
 */
export function languageSettings(overrides: Partial<RLSettings> = {}): RLSettings {
  return {
    steps: 20,
    plan: planOf({ words: { 1: 8 } }),
    groupSize: 8,
    maxNewTokens: 40,
    learningRate: 3e-4,
    warmUpSteps: 1,
    grpo: { ...defaultGrpo, updatesPerBatch: 1 },
    rewards: { accuracy: 1, format: 0, language: 0 },
    optimizer: defaultOptimizer,
    batches: [{ rows: 1, rowLength: 512 }],
    evaluated: [{ task: 'words', level: 1 }],
    evaluateEvery: 10,
    evaluationProblems: 32,
    finalProblems: 200,
    finalGeneralPrompts: 0,
    lora: { rank: 8, alpha: 16, targets: loraTargets, recompute: false },
    ...overrides,
  };
}
