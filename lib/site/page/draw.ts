/** Draws charts of the library in the page. Vega comes when the first one is drawn. */
import { paper, type Chart } from '../../plots/theme';

/** The width below which small multiples stand one below another, in pixels. */
const narrow = 640;

/**
 * Draws a chart into an element, on the paper of the reader's theme. What stood there is replaced; the words of the chart
 * are its label. It is as wide as `like` allows.
 */
export async function draw(
  { spec, alt }: Chart,
  like: HTMLElement,
  into: HTMLElement = like,
): Promise<void> {
  const [{ View, parse, Warn }, { compile }] = await Promise.all([import('vega'), import('vega-lite')]); // prettier-ignore
  const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
  const shaped = 'concat' in spec && like.clientWidth < narrow ? { ...spec, columns: 1 } : spec;
  const config = { background: isDark ? paper.dark : paper.light };
  // vega writes into the rows that it is given, so it gets a copy
  const compiled = compile(structuredClone(shaped) as typeof spec, { config });
  const place = document.createElement('div');
  const view = new View(parse(compiled.spec), { renderer: 'svg', logLevel: Warn, hover: true });
  await view.initialize(place).runAsync();
  const picture = place.querySelector('svg');
  picture?.setAttribute('role', 'img');
  picture?.setAttribute('aria-label', alt);
  into.replaceChildren(place);
}
