/** A notebook in JupyterLab, handled as a person would: with its menus, buttons and keys. */
import type { Locator, Page } from 'playwright-core';

/** Waits until what is read suits, and returns it; `what` names it in the error. */
export async function until<T>(
  what: string,
  read: () => Promise<T>,
  suits: (value: T) => boolean,
  seconds = 300,
): Promise<T> {
  const end = Date.now() + 1000 * seconds;
  for (;;) {
    const value = await read();
    if (suits(value)) return value;
    if (Date.now() > end)
      throw new Error(`${what}: still ${JSON.stringify(value)} after ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** An entry of the menu bar, for example 'Run', 'Run All Cells'. */
export async function choose(page: Page, ...entries: string[]): Promise<void> {
  for (const name of entries) await page.getByRole('menuitem', { name, exact: true }).click();
}

/** Waits until the kernel has started: JupyterLab forgets a cell that is run before. */
export const kernelIdle = (page: Page): Promise<void> =>
  page.getByText('TypeScript | Idle').waitFor();

/** The code cells whose text contains `code`. */
export const codeCells = (page: Page, code = ''): Locator =>
  page.locator('.jp-CodeCell', { hasText: code });

/** Selects a cell, as a click beside its text does. */
export const select = (cell: Locator): Promise<void> => cell.locator('.jp-InputPrompt').click();

/** Starts a cell and does not wait for its end. */
export async function run(cell: Locator): Promise<void> {
  await select(cell);
  await cell.page().keyboard.press('Shift+Enter');
}

/** Waits until some cells have run: each has its number. */
export async function ended(cells: Locator): Promise<void> {
  const prompts = cells.locator('.jp-InputPrompt');
  const isNumber = (text: string): boolean => /^\[\d+\]:$/.test(text);
  const all = (texts: string[]): boolean => texts.length > 0 && texts.every(isNumber);
  await until('numbers of the cells', () => prompts.allTextContents(), all);
}

/** The texts of what the cells have shown as an error. */
export function errorsOf(cells: Locator): Promise<string[]> {
  const kinds = ['error', 'stderr'].map((kind) => `[data-mime-type$="vnd.jupyter.${kind}"]`);
  return cells.locator(kinds.join()).allTextContents();
}

/** A canvas in the browser, as far as it is used here. */
interface Canvas {
  readonly width: number;
  readonly height: number;
  getContext(kind: '2d'): {
    getImageData(x: number, y: number, w: number, h: number): { data: Uint8ClampedArray };
  };
}

/** Waits until so many charts are drawn in some cells. */
export async function drawn(cells: Locator, count: number): Promise<void> {
  const read = (): Promise<number> => drawnCharts(cells);
  await until(`${count} charts`, read, (now) => now === count);
}

/** Vega's canvases that hold more than one colour. */
function drawnCharts(cells: Locator): Promise<number> {
  // It runs in the page, where nothing of this file is, nor what the compiler adds to a function with a name.
  return cells.locator('.jp-RenderedVegaLite canvas').evaluateAll(
    (canvases: Canvas[]) =>
      canvases.filter((canvas) => {
        const { width, height } = canvas;
        if (width * height === 0) return false;
        const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
        const pixels = new Uint32Array(data.buffer);
        return pixels.some((pixel) => pixel !== pixels[0]);
      }).length,
  );
}
