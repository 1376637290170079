/** The settings of a run as other trainers need them. */
import type { RLSettings } from '../stages/settings';

/** Returns what a script of another trainer reads, as `settings.json`. */
export function handedSettings(size: string, settings: RLSettings, seed: number) {
  const { plan, optimizer, grpo, lora, rewards } = settings;
  const { beta1, beta2, epsilon, weightDecay, maxGradientNorm } = optimizer;
  const { accuracy, format, language } = rewards;
  return {
    ...{ size, seed, steps: settings.steps },
    promptsPerStep: plan.reduce((sum, { prompts }) => sum + prompts, 0),
    groupSize: settings.groupSize,
    maxNewTokens: settings.maxNewTokens,
    temperature: settings.temperature ?? 1,
    learningRate: settings.learningRate,
    warmUpSteps: settings.warmUpSteps,
    ...{ beta1, beta2, epsilon, weightDecay, maxGradientNorm },
    ...grpo,
    rewards: { accuracy, format, language },
    ...(lora && { lora: { rank: lora.rank, alpha: lora.alpha, targets: lora.targets } }),
  };
}
