/** A notebook as a page: its text, its code, and the outputs that it was saved with. */
import { createHash } from 'node:crypto';
import { htmlText } from '../../core/markup';
import {
  textOf,
  type Cell,
  type MimeBundle,
  type Notebook,
  type NotebookText,
} from '../../jupyter/notebook';
import { highlighted, renderMarkdown, type Heading } from './markdown';

/** Words below a heading, which a search finds. */
export interface Section {
  readonly title: string;
  readonly id: string;
  readonly words: string;
}

/** What becomes of a notebook. */
export interface NotebookPage {
  readonly title: string;
  readonly html: string;
  readonly headings: readonly Heading[];
  readonly sections: readonly Section[];
  /** pictures, charts and the data of inspectors, which lie in the folder `files` beside the page, by their names */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
}

/** What a page is made with. */
export interface PageMaker {
  /** where a link of the notebook leads on the site; null: nowhere */
  readonly linkOf: (href: string) => string | null;
  /** the data of an inspector, by the words that stand for it in a notebook; null for a picture that is none */
  readonly inspectorOf: (alt: string) => object | null;
}

/** Makes the page of a notebook, from its first heading on. */
export function notebookPage(notebook: Notebook, { linkOf, inspectorOf }: PageMaker): NotebookPage {
  const taken = new Set<string>();
  const headings: Heading[] = [];
  const sections: { title: string; id: string; words: string }[] = [];
  const files = new Map<string, string | Uint8Array>();
  const keep = (content: string | Uint8Array, ending: string): string => {
    const name = `${createHash('sha256').update(content).digest('hex').slice(0, 16)}.${ending}`;
    files.set(name, content);
    return `files/${name}`;
  };
  const textCell = (cell: Cell): string => {
    const { html, headings: own, words } = renderMarkdown(textOf(cell.source), taken, linkOf);
    headings.push(...own);
    sections.push(...own.map(({ text, id }) => ({ title: text, id, words: '' })));
    const last = sections.at(-1);
    if (last) last.words += ` ${words}`;
    return `<div class="text">${html}</div>`;
  };
  const codeCell = (cell: Cell): string => {
    const code = textOf(cell.source).trimEnd();
    const outputs = (cell.outputs ?? []).map((output) => {
      if (output.output_type === 'stream') return printed(textOf(output.text));
      if (output.output_type === 'error') return printed(`${output.ename}: ${output.evalue}`);
      return shown(output.data, keep, inspectorOf);
    });
    return `<div class="code"><pre class="source"><code>${highlighted(code, 'ts')}</code></pre>${outputs.join('')}</div>`;
  };
  const html = notebook.cells
    .filter(({ source }) => textOf(source).trim() !== '')
    .map((cell) => (cell.cell_type === 'code' ? codeCell(cell) : textCell(cell)))
    .join('\n');
  return { title: headings[0]!.text, html, headings, sections, files };
}

const printed = (text: string): string => `<pre class="printed">${htmlText(text.trimEnd())}</pre>`;

/** An output in the best form that a page has for it: a chart to touch, an inspector, a picture, or words. */
function shown(
  data: MimeBundle,
  keep: (content: string | Uint8Array, ending: string) => string,
  inspectorOf: PageMaker['inspectorOf'],
): string {
  const words = textOf((data['text/plain'] ?? '') as NotebookText);
  const png = data['image/png'] as string | undefined;
  if (png === undefined) return printed(words);
  const picture = `<img src="${keep(Buffer.from(png, 'base64'), 'png')}" alt="${htmlText(words)}" loading="lazy" />`;
  const inspected = inspectorOf(words);
  const spec = data['application/vnd.vegalite.v5+json'];
  const live = inspected
    ? ` data-inspector="${keep(JSON.stringify(inspected), 'json')}"`
    : spec
      ? ` data-chart="${keep(JSON.stringify({ spec, alt: words }), 'json')}"`
      : '';
  return `<figure${live}>${picture}</figure>`;
}
