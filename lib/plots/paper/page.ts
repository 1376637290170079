/** All figures on one page that needs nothing but itself: no network, no other file. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Cell, Row } from '../../core/csv';
import { root } from '../../core/files';
import { htmlText } from '../../core/markup';
import { distinct, inks, paper } from '../theme';
import { stacked, untitled, type PaperFigure, type Panel } from './frame';

export interface PageFigure {
  /** the name of its files and of its place in the page */
  readonly name: string;
  readonly figure: PaperFigure;
}

const title = 'The paper’s figures beside ours';
const introduction =
  'Left what was published of DeepSeek-R1 and of the papers around it, right what the recorded runs of this workbook measured. Their models have hundreds of billions of weights and answer what people find hard; ours have some hundred thousand and calculate. What can be compared is how the curves go, not how high they stand.';

/** Returns the page as HTML. `missing` says for each figure that is not drawn which command records its runs. */
export function figuresPage(figures: readonly PageFigure[], missing: readonly string[]): string {
  const links = figures.map(({ name, figure }) => `<li><a href="#${htmlText(name)}">${htmlText(figure.title)}</a></li>`); // prettier-ignore
  const notYet = missing.map((reason) => `<li>${htmlText(reason)}</li>`);
  const lines = [
    '<!doctype html>',
    '<html lang="en">',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${title}</title>`,
    `<style>${style}</style>`,
    `<h1>${title}</h1>`,
    `<p>${introduction}</p>`,
    `<nav><ul>${links.join('')}</ul></nav>`,
    ...figures.map(section),
    ...(notYet.length > 0 ? [`<h2>Not recorded yet</h2><ul>${notYet.join('')}</ul>`] : []),
    '<noscript>The charts need JavaScript; their numbers do not.</noscript>',
    '<!-- Vega and Vega-Lite, https://vega.github.io, BSD-3-Clause -->',
    ...['vega', 'vega-lite'].map((library) => `<script>${bundle(library)}</script>`),
    `<script>${drawing}</script>`,
    '</html>',
  ];
  return lines.join('\n') + '\n';
}

/** Returns the form of a library for browsers, which its package holds. */
function bundle(library: string): string {
  const file = path.join(root, 'node_modules', library, 'build', `${library}.min.js`);
  return fs.readFileSync(file, 'utf8').replace(/\n\/\/# sourceMappingURL.*/, '');
}

function section({ name, figure }: PageFigure): string {
  const { title, caption, panels } = figure;
  const tables = panels.map(table).join('');
  const isText = panels.every((panel) => panel.isText);
  return [
    `<section id="${htmlText(name)}">`,
    `<h2>${htmlText(title)}</h2>`,
    `<p>${htmlText(caption)}</p>`,
    isText ? tables : chart(figure),
    isText ? '' : `<details><summary>The numbers</summary>${tables}</details>`,
    '</section>',
  ].join('\n');
}

/** Returns the place of a chart, and behind it the two specifications: for a wide screen and for a narrow one. */
function chart(figure: PaperFigure): string {
  const { alt, spec } = untitled(figure);
  const json = JSON.stringify([spec, stacked(figure).spec]).replaceAll('<', '\\u003c');
  return `<div class="chart" role="img" aria-label="${htmlText(alt)}"></div><script type="application/json">${json}</script>`;
}

function table({ title, source, rows }: Panel): string {
  const columns = distinct(rows.flatMap((row) => Object.keys(row)));
  const cells = (row: Row): string =>
    columns.map((column) => `<td>${htmlText(text(row[column] ?? ''))}</td>`).join('');
  const head = columns.map((column) => `<th>${htmlText(column)}</th>`).join('');
  const body = rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n');
  return [
    `<h3>${htmlText(title)}</h3>`,
    `<p class="source">${htmlText(source)}</p>`,
    `<div class="table"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`,
  ].join('\n');
}

const text = (cell: Cell): string =>
  typeof cell === 'number' ? String(Number(cell.toPrecision(4))) : (cell ?? '');

/**
 * Returns the colours of the page for a light or a dark screen. The charts choose their own inks by the colour of the
 * paper.
 */
const variables = (screen: 'light' | 'dark'): string =>
  `:root { color-scheme: light dark; --paper: ${paper[screen]}; --strong: ${inks.strong[screen]}; --normal: ${inks.normal[screen]}; --light: ${inks.light[screen]}; }`;

const style = `
${variables('light')}
@media (prefers-color-scheme: dark) { ${variables('dark')} }
body { max-width: 56rem; margin: 0 auto; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--strong); background: var(--paper); overflow-wrap: anywhere; }
h1, h2, h3 { font-weight: 500; line-height: 1.25; }
h2 { margin: 3.5rem 0 .5rem; }
h3 { margin: 1rem 0 0; font-size: 1rem; }
a { color: inherit; }
nav ul { columns: 20rem; padding-left: 1.2rem; }
.chart svg { max-width: 100%; height: auto; }
.table { overflow-x: auto; }
.source { margin: 0; color: var(--normal); font-size: .9rem; }
details .table { max-height: 20rem; overflow-y: auto; }
summary { cursor: pointer; color: var(--normal); }
table { border-collapse: collapse; font-size: .9rem; }
th, td { padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--light); text-align: left; vertical-align: top; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
th { font-weight: 400; color: var(--normal); }
`;

/**
 * The program of the page draws every chart, and draws it again when the screen turns dark or light, narrow or wide.
 */
const drawing = `
const isDark = matchMedia('(prefers-color-scheme: dark)');
const isNarrow = matchMedia('(max-width: 40rem)');
function draw() {
  const config = { background: isDark.matches ? '${paper.dark}' : '${paper.light}' };
  for (const place of document.querySelectorAll('.chart')) {
    const [wide, narrow] = JSON.parse(place.nextElementSibling.textContent);
    const { spec } = vegaLite.compile(isNarrow.matches ? narrow : wide, { config });
    new vega.View(vega.parse(spec), { renderer: 'svg', container: place, hover: true }).runAsync();
  }
}
for (const query of [isDark, isNarrow]) query.addEventListener('change', draw);
draw();
`;
