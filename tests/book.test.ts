/** Notebooks as pages: text, code, outputs, links and what a search finds, from notebooks written by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cell, Notebook, Output } from '../lib/jupyter/notebook';
import { highlighted, renderMarkdown } from '../lib/site/book/markdown';
import { notebookPage, type PageMaker } from '../lib/site/book/notebookPage';

const nowhere = (): null => null;
const html = (source: string, linkOf: PageMaker['linkOf'] = nowhere): string =>
  renderMarkdown(source, new Set(), linkOf).html;

test('headings get names of their own, and words are found without their marks', () => {
  const taken = new Set<string>();
  const first = renderMarkdown(
    '# The *base* model\n\nIt `thinks`,\nand **waits**.',
    taken,
    nowhere,
  );
  assert.deepEqual(first.headings, [{ level: 1, text: 'The base model', id: 'the-base-model' }]);
  assert.equal(first.words, 'The base model It thinks, and waits.');
  const second = renderMarkdown('## The base model\n## 等\n## !', taken, nowhere);
  assert.deepEqual(second.headings.map(({ id }) => id), ['the-base-model-2', '等', 'part']); // prettier-ignore
  assert.match(second.html, /<h2 id="the-base-model-2">/);
});

test('links lead to pages of the site, and those that lead nowhere are words', () => {
  const linkOf = (href: string): string | null => (href === '02.ipynb' ? '02.html' : null);
  assert.equal(html('[two](02.ipynb) [lib](../lib/a.ts)', linkOf).trim(), '<p><a href="02.html">two</a> <span>lib</span></p>'); // prettier-ignore
});

test('tables without heads, mathematics, and code', () => {
  const table = html('| | |\n| --- | --- |\n| time | 4 |');
  assert.doesNotMatch(table, /<th/);
  assert.match(table, /<td>time<\/td>/);
  const corner = html('| | toy |\n| --- | --- |\n| a | b |');
  assert.match(corner, /<td><\/td>\s*<th>toy<\/th>/);
  assert.match(html('so $\\frac{a}{r}$ it is'), /<math[^]*<mfrac>/);
  assert.match(highlighted('const a = 1;', 'ts'), /<span class="token keyword">const<\/span>/);
  assert.equal(highlighted('<b>', 'text'), '&lt;b>');
});

const markdown = (source: string): Cell => ({ cell_type: 'markdown', metadata: {}, source });
const code = (source: string, outputs: Output[]): Cell => ({
  ...{ cell_type: 'code', metadata: {}, source, execution_count: 1, outputs },
});
const shown = (data: Record<string, unknown>): Output => ({ output_type: 'display_data', data, metadata: {} }); // prettier-ignore

test('a notebook: outputs in their best form, and files beside the page', () => {
  const png = Buffer.from('a picture').toString('base64');
  const notebook: Notebook = {
    cells: [
      markdown('# Title\n\nFirst words.'),
      code('1 < 2', [
        { output_type: 'stream', name: 'stdout', text: ['<answer>\n', 'two\n'] },
        shown({ 'image/png': png, 'text/plain': 'A chart "of" it.', 'application/vnd.vegalite.v5+json': { mark: 'bar' } }), // prettier-ignore
        shown({ 'image/png': png, 'text/plain': 'Rewards of run-s0. Right: 1.' }),
        shown({ 'image/png': png, 'text/plain': 'A picture.' }),
        shown({ 'text/plain': 'Words alone.' }),
      ]),
      code('', []),
      markdown('## Part\n\nLater words.'),
      markdown('More of them.'),
    ],
    metadata: {},
    nbformat: 4,
    nbformat_minor: 5,
  };
  const inspectorOf = (words: string): object | null => (words.startsWith('Rewards of run-s0.') ? { steps: [] } : null); // prettier-ignore
  const page = notebookPage(notebook, { linkOf: nowhere, inspectorOf });
  assert.equal(page.title, 'Title');
  assert.deepEqual(page.sections, [
    { title: 'Title', id: 'title', words: ' Title First words.' },
    { title: 'Part', id: 'part', words: ' Part Later words. More of them.' },
  ]);
  assert.match(page.html, /<pre class="printed">&lt;answer>\ntwo<\/pre>/);
  assert.match(page.html, /alt="A chart &quot;of&quot; it."/);
  assert.match(page.html, /<pre class="printed">Words alone.<\/pre>/);
  assert.equal(page.html.match(/<figure data-chart=/g)!.length, 1);
  assert.equal(page.html.match(/<figure data-inspector=/g)!.length, 1);
  assert.equal(page.html.match(/<figure>/g)!.length, 1);
  assert.equal(page.html.match(/<pre class="source">/g)!.length, 1);
  const named = [...page.html.matchAll(/"files\/([^"]+)"/g)].map(([, file]) => file!);
  assert.deepEqual(new Set(named), new Set(page.files.keys()));
  const chart = JSON.parse(
    String(page.files.get(/data-chart="files\/([^"]+)"/.exec(page.html)![1]!)),
  );
  assert.deepEqual(chart, { spec: { mark: 'bar' }, alt: 'A chart "of" it.' });
  const pictures = [...page.files].filter(([file]) => file.endsWith('.png'));
  assert.deepEqual(pictures.map(([, bytes]) => String(bytes)), ['a picture']); // prettier-ignore
});
