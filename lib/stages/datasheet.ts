/** A page that tells where a data set of traces comes from (after Gebru et al. 2018, arXiv:1803.09010). */
import { whole } from '../core/format';
import { markdownText } from '../core/markup';
import type { Counts } from './collect';
import type { MakeUp } from './rejectionSampling';
import type { Trace } from './traces';

/** The datasheet as Markdown, with what every filter took out. */
export function datasheet(
  teacherName: string,
  traces: readonly Trace[],
  { sampled, removed, kept }: Counts,
  shares: MakeUp,
): string {
  const teacher = markdownText(teacherName);
  const filters = Object.entries(removed).map(
    ([fault, count]) =>
      `| ${markdownText(fault)} | ${whole(count)} | ${((100 * count) / sampled).toFixed(1)} % |`,
  );
  const tasks = Object.entries(shares).map(
    ([task, own]) =>
      `| ${markdownText(task)} | ${whole(own.traces)} | ${(own.tokens / own.traces).toFixed(1)} |`,
  );
  const languages = [...new Set(traces.map(({ language }) => language))].map(
    (language) =>
      `${whole(traces.filter((t) => t.language === language).length)} in ${markdownText(language)}`,
  );
  return [
    `# Traces of ${teacher}`,
    '',
    `${whole(traces.length)} verified completions of training problems, one JSON object a line: \`task\`, \`level\`, \`language\`, \`prompt\`, \`completion\`.`,
    '',
    `- **Why** a data set to distil ${teacher} into smaller models.`,
    `- **Made by** sampling ${teacher} at temperature 1 and tidying every completion up by rules (words of the other language are translated, repeated attempts dropped). No person wrote or marked any of it.`,
    '- **Problems** drawn from the training split; held-out problems are never among them.',
    `- **Languages** ${languages.join(', ')}.`,
    '- **Known limits** a problem that the teacher never solves is missing, so easy ones are over-represented, and nothing in here gives up.',
    '- **Licence** that of the project.',
    '',
    '| filter, in this order | took out | of all |',
    '| --- | ---: | ---: |',
    ...filters,
    '',
    `${whole(sampled)} were sampled, ${whole(kept)} were left, of which this file keeps ${whole(traces.length)} at random.`,
    '',
    '| task and level | traces | mean tokens |',
    '| --- | ---: | ---: |',
    ...tasks,
    '',
  ].join('\n');
}
