/** Figures of the data: prompts of reinforcement learning, and traces of supervised fine-tuning. */
import { mean } from '../../core/statistics';
import { distinct } from '../theme';
import { bars, type Bar } from './bars';
import { beside, type PaperFigure } from './frame';
import { sourceOf, type RecordedRun } from './ours';
import type { Published } from './published';

const one = (category: string, value: number): Bar => ({ category, series: 'all', value });

/** The number of prompts of a task and level in one step of reinforcement learning. */
interface Planned {
  readonly task: string;
  readonly level: number;
  readonly prompts: number;
}

/** Draws the prompts of reinforcement learning beside DeepSeek-R1, v2 Table 4. */
export function rlDataFigure(
  published: Published<'v2_table04_rl_data'>,
  ours: RecordedRun,
): PaperFigure {
  const rows = published.v2_table04_rl_data;
  const { config, steps } = ours.info;
  const plan = config.plan as readonly Planned[];
  const tasks = distinct(plan.map(({ task }) => task));
  const prompts = tasks.map((task) => {
    const aStep = plan.filter((entry) => entry.task === task).map((entry) => entry.prompts);
    return one(task, steps * aStep.reduce((sum, n) => sum + n, 0));
  });
  const lengths = tasks.map((task) => {
    const own = ours.rollouts.filter((rollout) => rollout.task === task);
    return one(task, mean(own.map(({ prompt }) => prompt.split(' ').length)));
  });
  const from = 'DeepSeek-R1, v2 Table 4';
  const source = sourceOf([ours]);
  return beside(
    {
      title: 'What reinforcement learning is asked',
      caption:
        'Prompts of R1’s reinforcement learning, and their length. The paper has collections of questions and visits some more than once; ours are made up anew at every step, so that none comes twice but by chance. The paper gives no length for code and for general prompts.',
    },
    [
      bars(
        { title: 'Published: prompts', source: from },
        rows.map(({ domain, prompts_k }) => one(domain, 1000 * prompts_k)),
      ),
      bars(
        { title: 'Published: tokens of a prompt', source: from },
        rows.flatMap(({ domain, avg_prompt_tokens: tokens }) =>
          tokens === null ? [] : [one(domain, tokens)],
        ),
      ),
    ],
    [
      bars({ title: 'Ours: prompts of R1-Zero', source }, prompts),
      bars({ title: 'Ours: tokens of a prompt', source, format: '.1f' }, lengths),
    ],
  );
}

/** The traces of a data set, and the run that sampled, filtered and learned them. */
export interface CuratedRun {
  readonly run: RecordedRun;
  readonly traces: readonly { readonly task: string; readonly completion: string }[];
}

/** The order of our tasks, which is that of the paper: mathematics, programs, science, and all others. */
const inOrder = ['countdown', 'programs', 'units', 'general', 'facts'];

/** Draws the curated data set of Dev3 beside DeepSeek-R1, v2 Table 5. */
export function sftDataFigure(
  published: Published<'v2_table05_sft_data'>,
  { run, traces }: CuratedRun,
): PaperFigure {
  const rows = published.v2_table05_sft_data.filter(({ domain }) => domain !== 'Total');
  const tasks = inOrder
    .map((task) => ({ task, own: traces.filter((trace) => trace.task === task) }))
    .filter(({ own }) => own.length > 0);
  const { removed, kept } = (run.info.result as { counts: { removed: Record<string, number>; kept: number } }).counts; // prettier-ignore
  const from = 'DeepSeek-R1, v2 Table 5';
  const source = sourceOf([run]);
  return beside(
    {
      title: 'What Dev3 learns from',
      caption:
        'The curated data set of the third stage: the best of what Dev2 says, and what is no reasoning at all. The last plot has no twin: the paper does not tell what its filters took out.',
    },
    [
      bars(
        { title: 'Published: samples', source: from },
        rows.map(({ domain, samples }) => one(domain, samples)),
      ),
      bars(
        { title: 'Published: tokens of a sample', source: from },
        rows.map(({ domain, avg_tokens }) => one(domain, avg_tokens)),
      ),
    ],
    [
      bars(
        { title: 'Ours: samples', source },
        tasks.map(({ task, own }) => one(task, own.length)),
      ),
      bars(
        { title: 'Ours: tokens of a sample', source, format: '.1f' },
        tasks.map(({ task, own }) =>
          one(task, mean(own.map(({ completion }) => completion.split(' ').length))),
        ),
      ),
      bars(
        { title: 'Ours: what became of the sampled completions', source },
        Object.entries({ ...removed, kept }).map(([fault, count]) => one(fault, count)),
      ),
    ],
  );
}
