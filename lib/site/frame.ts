/** What all pages of the site have in common: their head, and the way to the others. */
import type { Plugin } from 'vite';

/** The pages that every page leads to, by their addresses from the root of the site. */
const ways: Readonly<Record<string, string>> = {
  'book/00-start-here.html': 'Workbook',
  'playground.html': 'Playground',
  'live.html': 'R1-Zero, live',
  'compare.html': 'Side by side',
  'figures/index.html': 'The paper’s figures',
  'api/index.html': 'API',
};

const head = (html: string, address: string): string => {
  const title = /<title>([^]*?)<\/title>/.exec(html)![1]!;
  const description = /name="description"\s+content="([^"]*)"/.exec(html)![1]!;
  return `
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta property="og:title" content="${title}" />
    <meta property="og:description" content="${description}" />
    <meta property="og:image" content="${address}preview.png" />
    <meta name="twitter:card" content="summary_large_image" />
    <link rel="icon" href="data:," />
    <script>
      addEventListener('load', () => navigator.serviceWorker?.register("./serviceWorker.js"));
    </script>`;
};

const header = (page: string): string => `
    <a class="skip" href="#main">to the content</a>
    <header>
      <a class="home" href="./index.html">R1 workbook</a>
      <nav aria-label="site">
        ${Object.entries(ways)
          .map(
            ([address, name]) =>
              `<a href="./${address}"${address === page ? ' aria-current="page"' : ''}>${name}</a>`,
          )
          .join('\n        ')}
      </nav>
    </header>`;

/**
 * Writes the common parts into the pages, where they say `<!-- head -->` and `<!-- header -->`. `address` is where the site
 * will lie: pictures beside links are found by whole addresses alone.
 */
export const frame = (address: string): Plugin => ({
  name: 'frame',
  transformIndexHtml: {
    order: 'pre',
    handler: (html, { path }) =>
      html
        .replace('<!-- head -->', head(html, address))
        .replace('<!-- header -->', header(path.replace(/^\//, ''))),
  },
});
