import type { InspectionRecord, TraceMarks } from '../runs/run';

/** The data of the inspector's view. Steps, problems and samples are named by their place in the lists, from 0. */
export interface InspectorData {
  /** the name of the run */
  readonly name: string;
  readonly steps: readonly number[];
  readonly problems: readonly InspectedProblem[];
}

export interface InspectedProblem {
  /** the task, the level and the language, for example `countdown 3, en` */
  readonly about: string;
  readonly prompt: string;
  /** a group for each step */
  readonly groups: readonly (readonly InspectedSample[])[];
}

export interface InspectedSample {
  readonly tokens: readonly string[];
  /** whether a space stands between any two tokens; else each has its own */
  readonly isSpaced: boolean;
  readonly logprobs: readonly number[];
  readonly entropies: readonly number[];
  readonly advantage: number;
  /** the parts of the reward before they are weighted, and `total`, their weighted sum */
  readonly reward: Readonly<Record<string, number>>;
  readonly correct: boolean;
  readonly marks: TraceMarks;
}

/** Sorts the lines of `inspection.jsonl` into groups, one for each problem and step. */
export function inspectorData(name: string, lines: readonly InspectionRecord[]): InspectorData {
  const steps = [...new Set(lines.map(({ step }) => step))];
  const firsts = lines.filter(({ step, sample }) => step === steps[0] && sample === 0);
  const problems = firsts.map(({ problem, task, level, language, prompt }): InspectedProblem => ({
    about: `${task}${level > 0 ? ` ${level}` : ''}, ${language}`,
    prompt,
    groups: steps.map((step) =>
      lines.filter((line) => line.step === step && line.problem === problem).map(sampleOf),
    ),
  }));
  return { name, steps, problems };
}

function sampleOf(line: InspectionRecord): InspectedSample {
  const { completion, tokens, logprobs, entropies, advantage, reward, correct, marks } = line;
  const spoken = tokens ?? completion.split(' ');
  const isSpaced = tokens === undefined;
  return { tokens: spoken, isSpaced, logprobs, entropies, advantage, reward, correct, marks };
}
