/** Words of a model, prompts, names of runs and labels are shown as text wherever they hold markup. */
import './support/withoutXla';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsers } from 'prettier/plugins/markdown';
import { htmlText, markdownText, plainText } from '../lib/core/markup';
import { markdownTables } from '../lib/plots/paper/markdown';
import { figuresPage } from '../lib/plots/paper/page';
import { renderSvg } from '../lib/plots/render';
import { rewardMap } from '../lib/plots/rewardMap';
import { liveChart } from '../lib/plots/show';
import { fillBlocks } from '../lib/reports/fillBlocks';
import { datasheet } from '../lib/stages/datasheet';
import { groupText, inspectorPage } from '../lib/workbook/inspector';
import { inspectorData } from '../lib/workbook/inspectorData';
import { drawn } from './support/paperFigures';
import { drawView, type FakeElement } from './support/fakeDom';

const hostile = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '</script><b>&amp;"\'`|',
  '**a** [b](javascript:alert(1)) ![c](x) `d` ~~e~~ $f$ |',
  '\u001b[31mred\nline ${x} $& $1',
];
const all = hostile.join(' ');

/** The texts of a page in Markdown; throws where there is anything in it that is not wanted. */
function textsOf(markdown: string, allowed: readonly string[]): string {
  interface Node { type: string; value?: string; children?: Node[] } // prettier-ignore
  const texts: string[] = [];
  const visit = ({ type, value, children = [] }: Node): void => {
    assert.ok(allowed.includes(type), `a ${type}: ${value}`);
    if (value !== undefined) texts.push(value);
    children.forEach(visit);
  };
  visit(parsers.markdown.parse(markdown, {} as never) as Node);
  return texts.join('');
}

const inTables = ['root', 'table', 'tableRow', 'tableCell', 'text', 'sentence', 'word', 'whitespace', 'paragraph', 'strong', 'heading']; // prettier-ignore

test('texts in HTML, in Markdown and in a terminal', () => {
  assert.equal(htmlText('<a b="&amp;">'), '&lt;a b=&quot;&amp;amp;&quot;>');
  assert.equal(markdownText('a_b <i> | `c` *d* [e] \\ $f ~ & 3 * 7'), 'a_b &lt;i> \\| \\`c\\` \\*d\\* \\[e\\] \\\\ \\$f \\~ &amp; 3 \\* 7'); // prettier-ignore
  assert.equal(plainText('a\u001b[31m\r\n凑 🙂\u2028'), 'a\\u001b[31m\\u000d\\u000a凑 🙂\\u2028');
  for (const text of hostile)
    assert.equal(textsOf(`x ${markdownText(text)} x`, ['root', 'paragraph', 'sentence', 'text', 'word', 'whitespace']).replace(/\s/g, ''), `x${plainText(text)}x`.replace(/\s/g, '')); // prettier-ignore
});

const samples = hostile.map((completion, sample) => {
  const numbers = completion.split(' ').map(() => -0.5);
  const marks = { attempts: [], repeats: [], verdicts: [], wrongVerdicts: [], wrongCalculations: [0] }; // prettier-ignore
  return {
    ...{ step: 0, problem: 0, sample, task: all, level: 1, language: all, prompt: all, completion },
    ...{ logprobs: numbers, entropies: numbers, advantage: 0, correct: true, marks },
    reward: { [all]: 1, total: 1 },
  };
});
const data = inspectorData(all, samples);

/** Throws where a view wrote HTML, and returns its text. */
function shown(box: FakeElement): string {
  for (const element of box.all(() => true)) {
    assert.doesNotMatch(element.tag, /script|img|b>/);
    assert.doesNotMatch(element.html, /<(script|img)/);
  }
  return box.textContent;
}

test('the views of the inspector and of the labelling panel', async () => {
  const inspector = shown(await drawView('inspector', { get: () => data }));
  for (const text of [all, ...hostile[0]!.split(' '), ...hostile[3]!.split(' ')])
    assert.ok(inspector.includes(text), text);
  const state = { index: 0, total: 1, done: false, prompt: all, a: hostile[0], b: hostile[1] };
  const panel = await drawView('labelPanel', {
    get: (name: keyof typeof state) => state[name],
    on: () => {},
  });
  for (const text of [all, hostile[0]!, hostile[1]!]) assert.ok(shown(panel).includes(text), text);
});

test('the view of the training panel', async () => {
  const values = { learningRate: 0.1, temperature: 1, accuracy: 1, format: 0, language: 0 };
  const series = [{ title: all, steps: [0], values: ['"><img src=x>'] }];
  const state = { step: 0, steps: 1, paused: false, values, series, changes: [{ step: 0, name: all, value: 1 }] }; // prettier-ignore
  series[0]!.values = Object.assign([1], { at: () => '"><img src=x>' }) as never;
  const box = await drawView('trainingPanel', { get: () => state, on: () => {} });
  assert.ok(shown(box).includes(`step 0: ${all} 1`));
});

test('the page of the inspector, and its words in a terminal', () => {
  const page = inspectorPage(data);
  assert.equal(page.split('</script>').length, 2);
  assert.doesNotMatch(page, /<img|<b>/);
  assert.ok(page.includes(`<title>Rollouts of ${htmlText(all)}</title>`));
  const json = /get: \(\) => \((.*)\) \}\), el/.exec(page) ?? /get: \(\) => \((.*)\) \}/.exec(page);
  assert.deepEqual(JSON.parse(json![1]!), JSON.parse(JSON.stringify(data)));
  const lines = groupText(data).split('\n');
  assert.equal(lines.length, 1 + samples.length);
  assert.doesNotMatch(groupText(data), /\u001b/);
});

test('pictures', async () => {
  const svg = await renderSvg(rewardMap({ title: all, subtitle: all }, data));
  assert.doesNotMatch(svg, /<(script|img|b)\b/);
  assert.match(svg, /&lt;script&gt;/);
});

test('the page of the figures and their tables', () => {
  const figure = { ...drawn.length, title: all, caption: all, alt: all };
  const panel = { ...drawn.length.panels[0]!, title: all, source: all, rows: [{ [all]: all }] };
  const ownScripts = figuresPage([], []).split('<script').length;
  const page = figuresPage([{ name: '"><img src=x>', figure: { ...figure, panels: [panel] } }], [all]); // prettier-ignore
  const before = page.slice(0, page.indexOf('<!-- Vega'));
  assert.doesNotMatch(before, /<(img|b)\b|<script>/);
  assert.equal(page.split('<script').length - ownScripts, 1); // the one that holds the chart
  assert.ok(before.includes(`<td>${htmlText(all)}</td>`));
  assert.equal((before.match(/\son\w+=/g) ?? []).length, before.split('onerror=').length - 1);
  const texts = textsOf(markdownTables({ ...figure, panels: [panel] }), inTables);
  assert.ok(texts.includes('<script>alert(1)</script>'));
});

test('a datasheet, the tables of a page, and the words about a live chart', async (t) => {
  const trace = { kind: 'a', task: all, level: 1, language: all, prompt: all, completion: all };
  const removed = { [all]: 1 } as never;
  const sheet = datasheet(all, [trace], { sampled: 2, removed, kept: 1 }, { [all]: { traces: 1, tokens: 2 } }); // prettier-ignore
  const ofSheet = [...inTables, 'list', 'listItem', 'inlineCode'];
  assert.ok(textsOf(sheet, ofSheet).includes('<script>alert(1)</script>'));

  const page = 'a\n<!-- x -->\nold\n<!-- end of x -->\nb\n<!-- y -->\n<!-- end of y -->\n';
  const text = 'run $& $1 ``` <!-- end of x -->  \nend';
  const filled = fillBlocks(page, { x: text, y: '1', 'z.*': '2' });
  const block = (lines: string): string => `\n\`\`\`text\n${lines}\n\`\`\`\n\n`;
  assert.equal(filled, `a\n<!-- x -->\n${block("run $& $1 ''' <!- end of x -->\nend")}<!-- end of x -->\nb\n<!-- y -->\n${block('1')}<!-- end of y -->\n`); // prettier-ignore
  assert.equal(fillBlocks(filled, { x: text, y: '1' }), filled);

  const bundles: Record<string, string>[] = [];
  const key = Symbol.for('r1.display');
  const place = globalThis as unknown as Record<symbol, unknown>;
  place[key] = ({ data }: { data: Record<string, string> }) => void bundles.push(data);
  t.after(() => Reflect.deleteProperty(globalThis, key));
  const live = liveChart();
  live.update({ ...drawn.length, alt: all });
  await live.end(true);
  assert.equal(bundles.at(-1)!['text/markdown'], markdownText(all));
});
