/** The workbook as pages to read: each notebook, what a search finds, and what lies beside them. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { root, writeFileAtomic } from '../../core/files';
import { htmlText } from '../../core/markup';
import { readNotebook } from '../../jupyter/notebook';
import { readInspection } from '../../runs/run';
import { recorded, runFolder } from '../../stages/places';
import { inspectorData } from '../../workbook/inspectorData';
import type { Heading } from './markdown';
import { notebookPage, type NotebookPage } from './notebookPage';

/** A notebook of the site, in the order of reading. */
export interface Chapter {
  /** the name of its file without the ending: `02-r1-zero` */
  readonly name: string;
  readonly page: NotebookPage;
}

/** Reads all notebooks. */
export function chapters(): Chapter[] {
  const names = fs
    .readdirSync(path.join(root, 'notebooks'))
    .filter((file) => file.endsWith('.ipynb'))
    .map((file) => path.basename(file, '.ipynb'))
    .sort();
  return names.map((name) => {
    const notebook = readNotebook(path.join(root, 'notebooks', `${name}.ipynb`));
    return { name, page: notebookPage(notebook, { linkOf: linkIn(names), inspectorOf }) };
  });
}

/** Where the links of the notebooks lead: to their pages, to the figures, to other sites. */
const linkIn =
  (names: readonly string[]) =>
  (href: string): string | null => {
    if (/^(https?:|#)/.test(href)) return href;
    const [file = '', fragment = ''] = href.split('#');
    const name = path.basename(file, '.ipynb');
    if (names.includes(name)) return `${name}.html${fragment && `#${fragment}`}`;
    return file.endsWith('data/figures/paper/index.html') ? '../figures/index.html' : null;
  };

/** The data of the inspector whose words begin with the name of a recorded run: `Rewards of small-r1-zero-s0.` */
function inspectorOf(words: string): object | null {
  const name = /^Rewards of ([\w-]+)\./.exec(words)?.[1];
  if (name === undefined) return null;
  const places = [recorded, ...['words', 'rules', 'sums'].map((task) => path.join(recorded, 'tasks', task))]; // prettier-ignore
  const folder = places.map((place) => runFolder(place, name)).find((at) => fs.existsSync(at));
  const lines = folder === undefined ? [] : readInspection(folder);
  return lines.length > 0 ? inspectorData(name, lines) : null;
}

/**
 * Writes the pages into the folder `book` of the site. The frame of each is `book.html`, which goes away; the front page
 * gets a list of them.
 */
export function writeBook(site: string): void {
  const all = chapters();
  const at = (file: string): string => path.join(site, file);
  const frame = fs.readFileSync(at('book.html'), 'utf8').replaceAll('"./', '"../');
  all.forEach(({ name, page }, i) => {
    const own: Readonly<Record<string, string>> = {
      title: `${htmlText(page.title)} · R1 workbook`,
      description: htmlText(firstSentences(page)),
      body: `<div class="book">${contents(page.headings)}<main id="main"><article>${page.html}${turn(all[i - 1], all[i + 1])}</article></main></div>`,
    };
    const text = frame.replace(
      /<!-- (title|description|body) -->/g,
      (_, part: string) => own[part]!,
    );
    writeFileAtomic(at(`book/${name}.html`), text);
    for (const [file, content] of page.files) writeFileAtomic(at(`book/files/${file}`), content);
  });
  writeFileAtomic(at('book/search.json'), JSON.stringify(all.flatMap(partsOf)));
  const links = all.map(({ name, page }) => `<li><a href="./book/${name}.html">${htmlText(page.title)}</a></li>`); // prettier-ignore
  const front = fs.readFileSync(at('index.html'), 'utf8');
  writeFileAtomic(
    at('index.html'),
    front.replace('<!-- chapters -->', `<ul>${links.join('')}</ul>`),
  );
  fs.rmSync(at('book.html'));
}

/** How long the description of a page is at most. */
const longestDescription = 200;

/** The first sentences of a page, as many as fit a description. */
function firstSentences({ title, sections }: NotebookPage): string {
  const words = sections[0]!.words.trim().slice(title.length).trim();
  const start = words.slice(0, longestDescription);
  const end = start.lastIndexOf('. ');
  return end > 0 ? start.slice(0, end + 1) : start;
}

/** What a search finds in a chapter. */
const partsOf = ({ name, page }: Chapter): object[] =>
  page.sections.map(({ title, id, words }) => ({
    ...{ id: `${name}.html#${id}`, chapter: page.title, title, words: words.trim() },
  }));

const contents = (headings: readonly Heading[]): string =>
  `<nav class="contents" aria-label="contents of this page"><ol>${headings
    .filter(({ level }) => level === 2)
    .map(({ text, id }) => `<li><a href="#${id}">${htmlText(text)}</a></li>`)
    .join('')}</ol></nav>`;

/** The links to the chapters before and after. */
function turn(before: Chapter | undefined, after: Chapter | undefined): string {
  const link = (chapter: Chapter | undefined, rel: string, arrow: string): string =>
    chapter ? `<a rel="${rel}" href="${chapter.name}.html">${arrow} ${htmlText(chapter.page.title)}</a>` : '<span></span>'; // prettier-ignore
  return `<nav class="turn" aria-label="chapters">${link(before, 'prev', '←')}${link(after, 'next', '→')}</nav>`;
}
