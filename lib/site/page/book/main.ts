/** A notebook as a page: its charts answer to the mouse, its inspectors are alive, and its words are found. */
import '../style.css';
import '../book.css';
import inspectorView from '../../../workbook/views/inspector.mjs';
import type { Chart } from '../../../plots/theme';
import type { InspectorData } from '../../../workbook/inspectorData';
import { draw } from '../draw';
import { searchIn } from './search';

async function read<T>(file: string): Promise<T> {
  return (await (await fetch(file)).json()) as T;
}

/** Puts what is alive in the place of a picture. Where that fails, the picture stays. */
async function enliven(figure: HTMLElement): Promise<void> {
  const { chart, inspector } = figure.dataset;
  const place = document.createElement('div');
  place.className = 'alive';
  if (inspector) {
    const data = await read<InspectorData>(inspector);
    inspectorView.render({ model: { get: () => data }, el: place });
  } else await draw(await read<Chart>(chart!), figure, place);
  figure.replaceChildren(place);
  letKeysScroll(figure);
}

/** What is wider than its place is scrolled with keys, once it can be reached with them. */
function letKeysScroll(box: Element): void {
  if (box.scrollWidth > box.clientWidth) box.setAttribute('tabindex', '0');
}

const seen = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries)
      if (isIntersecting) {
        seen.unobserve(target);
        enliven(target as HTMLElement).catch((error: unknown) => console.warn(error));
      }
  },
  { rootMargin: '400px' },
);
for (const figure of document.querySelectorAll<HTMLElement>(
  'figure[data-chart], figure[data-inspector]',
))
  seen.observe(figure);

searchIn(document.querySelector('#search')!, document.querySelector('#found')!, () =>
  read('search.json'),
);

for (const box of document.querySelectorAll('pre, figure, math[display="block"], .text table'))
  letKeysScroll(box);
