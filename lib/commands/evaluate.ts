import * as path from 'node:path';
import { UserError } from '../core/errors';
import { writeFileAtomic } from '../core/files';
import { startEngine } from '../engine/tensorflow';
import { evaluate, heldOutProblems } from '../evaluation/evaluate';
import { loadCheckpoint } from '../model/checkpoint';
import { samplerFor, wholeNumber } from '../stages/places';
import { promptText, taskNamed, verify } from '../tasks/index';
import { readArguments, runCommand } from './arguments';

const help = `
npm run evaluate -- CHECKPOINT [options]
Scores a checkpoint folder on held-out problems. Every rate comes with its 95 % interval over problems.

  --task countdown|programs|units   (countdown)
  --level N                         countdown 1-5, programs 1-3, units 0-2, 0 being mixed (3, 2 and 0)
  --problems N                      held-out problems (300)
  --samples K                       completions of each (8)
  --temperature T                   (1)
  --max-new-tokens N                (150)
  --seed N                          of the sampling (0)
  --json                            one JSON object instead of the table
  --dump FILE                       the problems with every completion and verdict, as JSONL
`;

const defaultLevel: Readonly<Record<string, number>> = { countdown: 3, programs: 2, units: 0 };

async function main(): Promise<void> {
  const { values, positionals } = readArguments(help, {
    task: { type: 'string', default: 'countdown' },
    level: { type: 'string' },
    problems: { type: 'string', default: '300' },
    samples: { type: 'string', default: '8' },
    temperature: { type: 'string', default: '1' },
    'max-new-tokens': { type: 'string', default: '150' },
    seed: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
    dump: { type: 'string' },
  });
  const [folder, ...others] = positionals;
  if (folder === undefined || others.length > 0)
    throw new UserError(
      'name one checkpoint folder, for example data/checkpoints/small-r1-zero-s0',
    );
  const { task } = values;
  const { levels } = taskNamed(task);
  const level = Number(values.level ?? defaultLevel[task] ?? levels[0]);
  await startEngine();
  const model = loadCheckpoint(folder);
  const problems = heldOutProblems(task, level, wholeNumber(values.problems, '--problems', 1));
  const sampler = samplerFor(model.config);
  const started = Date.now();
  const { evaluation, rollouts } = await evaluate(model.parameters, sampler, problems, {
    samples: wholeNumber(values.samples, '--samples', 1),
    temperature: Number(values.temperature),
    maxNewTokens: wholeNumber(values['max-new-tokens'], '--max-new-tokens', 1),
    seed: wholeNumber(values.seed, '--seed'),
  });
  const seconds = (Date.now() - started) / 1000;
  const tokens = rollouts.flat().reduce((sum, r) => sum + r.completionIds.length, 0);
  sampler.dispose();
  if (values.dump !== undefined) {
    const lines = problems.problems.map((problem, i) => {
      const language = problems.languages[i]!;
      const completions = rollouts[i]!.map(({ text }) => ({ text, ...verify(problem, text) }));
      return JSON.stringify({
        problem,
        language,
        prompt: promptText(problem, language),
        completions,
      });
    });
    writeFileAtomic(path.resolve(values.dump), lines.join('\n') + '\n');
  }
  if (values.json)
    console.log(JSON.stringify({ ...evaluation, seconds, tokensPerSecond: tokens / seconds }));
  else {
    const { n, samples, intervals, modeShares } = evaluation;
    console.log(
      `${folder}: ${task} level ${level}, ${n} held-out problems, ${samples} completions each`,
    );
    for (const [name, interval] of Object.entries(intervals)) {
      const value = evaluation[name as keyof typeof intervals];
      if (value === null || interval === null) continue;
      console.log(
        `  ${name.padEnd(20)} ${value.toFixed(3).padStart(7)}  [${interval.map((v) => v.toFixed(3)).join(', ')}]`,
      );
    }
    const modes = Object.entries(modeShares).map(([mode, s]) => `${mode} ${s.toFixed(3)}`);
    console.log(`  ${'modes'.padEnd(20)} ${modes.join(', ')}`);
    console.log(`  ${seconds.toFixed(1)} s, ${Math.round(tokens / seconds)} tokens/s`);
  }
}

export const finished: Promise<void> = runCommand(main);
