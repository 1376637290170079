/**
 * Tokens that a completion has at most, unless the settings of a run say otherwise. It leaves room for about seven
 * attempts at a problem of countdown, and for the prompt before them in the 176 tokens of a model's context.
 */
export const defaultCap = 150;
