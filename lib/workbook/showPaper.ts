/** The paper's figures beside ours in a notebook: what is compared in words, then a picture or tables. */
import { displayBundle } from '../core/display';
import { untitled, type PaperFigure } from '../plots/paper/frame';
import { markdownTables } from '../plots/paper/markdown';
import { show } from '../plots/show';
import { figureOrReason, type FigureName } from '../reports/paperFigures';

/** Shows a figure as a picture. One whose runs are not recorded yet is one line that says how to record them. */
export async function showFigure(name: FigureName): Promise<void> {
  const figure = figureOrReason(name);
  if (typeof figure === 'string') return console.log(figure);
  displayBundle({ 'text/markdown': heading(figure), 'text/plain': heading(figure) });
  await show(untitled(figure), { still: true });
}

/** Shows the same as tables. */
export function showTables(name: FigureName): void {
  const figure = figureOrReason(name);
  if (typeof figure === 'string') return console.log(figure);
  const text = `${heading(figure)}\n\n${markdownTables(figure)}`;
  displayBundle({ 'text/markdown': text, 'text/plain': figure.alt });
}

const heading = ({ title, caption }: PaperFigure): string => `**${title}.** ${caption}`;
