/** Linear warm-up to 1 over the first steps. */
export function warmUp(step: number, warmUpSteps: number): number {
  return Math.min(1, (step + 1) / warmUpSteps);
}

/** Warm-up, then a straight line from 1 down to `floor` at the last step. */
export function warmUpAndDecay(
  step: number,
  steps: number,
  warmUpSteps: number,
  floor = 0.05,
): number {
  return warmUp(step, warmUpSteps) * (1 - (1 - floor) * Math.min(1, step / steps));
}
