import * as path from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import * as vega from 'vega';
import { compile } from 'vega-lite';
import { root } from '../core/files';
import { indexedPng } from './indexedPng';
import { textWidth } from './textWidth';
import { paper, type Chart } from './theme';

// The project brings its own font, so that a picture is the same on every machine. Where the renderer finds no font, it
// leaves all text out and reports nothing.
const font = {
  loadSystemFonts: false,
  fontFiles: [path.join(root, 'data/fonts/SourceSans3-Regular.ttf')],
  defaultFontFamily: 'Source Sans 3',
  sansSerifFamily: 'Source Sans 3',
};

// Without a canvas, vega takes every letter to be 0.8 of the font size wide, which leaves wide gaps and a margin at the
// right. This object corrects it; vega's types do not list it.
interface TextItem {
  fontSize?: number;
  limit?: number;
}
const { textMetrics } = vega as unknown as {
  textMetrics: { width(item: TextItem, text: unknown): number };
};
textMetrics.width = ({ fontSize = 11, limit }, text) =>
  Math.min(textWidth(String((text as string | null) ?? '').trim(), fontSize), limit || Infinity);

/** Draws a chart as SVG, on white paper. */
export async function renderSvg(chart: Chart): Promise<string> {
  // vega writes into the rows that it is given, so it gets a copy
  const onPaper = { config: { background: paper.light } };
  const { spec } = compile(structuredClone(chart.spec), onPaper);
  return new vega.View(vega.parse(spec), { renderer: 'none', logLevel: vega.Warn }).toSVG();
}

/** Draws a chart as PNG, on white paper, at one and a half times its size so that it is sharp on most screens. */
export async function renderPng(chart: Chart, zoom = 1.5): Promise<Buffer> {
  const drawing = new Resvg(await renderSvg(chart), { fitTo: { mode: 'zoom', value: zoom }, font });
  const { pixels, width, height } = drawing.render();
  return indexedPng(pixels, width, height);
}
