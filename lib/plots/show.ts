import { randomUUID } from 'node:crypto';
import { displayBundle, inNotebook } from '../core/display';
import { markdownText } from '../core/markup';
import { renderPng } from './render';
import type { Chart } from './theme';

const vegaLite = 'application/vnd.vegalite.v5+json';
const plotly = 'application/vnd.plotly.v1+json';

export interface ShowOptions {
  /** a name under which another chart can take its place later */
  id?: string;
  /** puts the chart in the place of what was shown under that id */
  isUpdate?: boolean;
  /** leaves the picture out: this is one of many quick updates, and the last one brings the picture */
  live?: boolean;
  /** shows the picture alone, and smaller, for a notebook with so many charts that their numbers would fill it */
  still?: boolean;
  /** draws the picture smaller, and keeps the specification */
  small?: boolean;
}

/** The size of small and of still pictures, and of those that pages link to, as a multiple of a chart's own. */
export const stillZoom = 1.1;

/**
 * Shows a chart under the running cell in three forms: as a specification that JupyterLab draws and that answers to the
 * mouse, as a picture for places where nothing runs (GitHub, print), and in words. The specification is for plotly.js
 * where the chart has one, and else for Vega-Lite. Outside a notebook the words are printed.
 */
export async function show(chart: Chart, options: ShowOptions = {}): Promise<void> {
  const { id, isUpdate = false, live = false, still = false, small = still } = options;
  const zoom = small ? stillZoom : undefined;
  const picture =
    live || !inNotebook() ? {} : { 'image/png': (await renderPng(chart, zoom)).toString('base64') };
  const drawing = chart.plotly ? { [plotly]: chart.plotly } : { [vegaLite]: chart.spec };
  displayBundle({ ...(still ? {} : drawing), ...picture, 'text/plain': chart.alt }, id, isUpdate);
}

/** A chart that is drawn again while something runs. */
export interface LiveChart {
  /** shows the newest state, at most four times a second */
  update(chart: Chart): void;
  /** shows the last state with its picture, or says it in words where another chart shows the same */
  end(inWords?: boolean): Promise<void>;
}

const updateMs = 250;

/**
 * Opens a place for a live chart under the running cell. Outside a notebook the words about its last state are printed.
 */
export function liveChart(): LiveChart {
  const id = randomUUID();
  let last: Chart | undefined;
  let shownAt = 0;
  return {
    update(chart) {
      last = chart;
      if (!inNotebook() || Date.now() - shownAt < updateMs) return;
      void show(chart, { id, isUpdate: shownAt > 0, live: true });
      shownAt = Date.now();
    },
    async end(inWords = false) {
      if (!last) return;
      const isUpdate = shownAt > 0;
      // they are markdown too, because JupyterLab breaks the lines of plain text inside words
      const words = { 'text/markdown': markdownText(last.alt), 'text/plain': last.alt };
      if (inWords) displayBundle(words, id, isUpdate);
      else await show(last, { id, isUpdate });
    },
  };
}
