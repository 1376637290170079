/** Markdown of notebooks and pages as HTML: mathematics, highlighted code, headings that can be linked to. */
import { htmlText } from '../../core/markup';
import katex from '@vscode/markdown-it-katex';
import MarkdownIt from 'markdown-it';
import Prism from 'prismjs';
import 'prismjs/components/prism-bash';
import 'prismjs/components/prism-json';
import 'prismjs/components/prism-typescript';

/** The names that notebooks use for languages, and what the highlighter calls them. */
const languages: Readonly<Record<string, string>> = { ts: 'typescript', sh: 'bash', json: 'json' };

/** Code as HTML, coloured where its language is known. */
export function highlighted(code: string, language: string): string {
  const name = languages[language];
  return name ? Prism.highlight(code, Prism.languages[name]!, name) : htmlText(code);
}

/** MathML, which browsers draw by themselves; a formula that is none fails the build. */
const mathematics = { output: 'mathml', throwOnError: true };

/** Our own notebooks may hold HTML: folded solutions are written in it. */
const markdown = new MarkdownIt({ html: true, typographer: false, highlight: highlighted }).use(
  katex,
  mathematics,
);

/** A heading of a page, for its table of contents. */
export interface Heading {
  readonly level: number;
  readonly text: string;
  readonly id: string;
}

/** What a text in Markdown becomes: HTML, its headings, and its words without marks, for a search. */
export interface Rendered {
  readonly html: string;
  readonly headings: readonly Heading[];
  readonly words: string;
}

/**
 * Renders Markdown. Each heading gets an id that `taken` does not hold yet, and is added to it. `linkOf` says where a
 * link leads on the site; null: there is no such page, and the text stands alone.
 */
export function renderMarkdown(
  source: string,
  taken: Set<string>,
  linkOf: (href: string) => string | null,
): Rendered {
  const tokens = withoutEmptyHeads(markdown.parse(source, {}));
  const headings: Heading[] = [];
  const words: string[] = [];
  tokens.forEach((token, i) => {
    if (token.type === 'heading_open') {
      const text = plain(tokens[i + 1]!.children ?? []);
      const id = freeId(text, taken);
      token.attrSet('id', id);
      headings.push({ level: Number(token.tag.slice(1)), text, id });
    }
    if (token.type !== 'inline') return;
    words.push(plain(token.children ?? []));
    mendLinks(token.children ?? [], linkOf);
  });
  return { html: markdown.renderer.render(tokens, markdown.options, {}), headings, words: words.join(' ') }; // prettier-ignore
}

/** Leaves out the heads of tables that have no words, and makes the empty cells of others no heads. */
function withoutEmptyHeads(tokens: Token[]): Token[] {
  const kept: Token[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token.type === 'thead_open') {
      const end = tokens.findIndex(({ type }, at) => at > i && type === 'thead_close');
      const cells = tokens.slice(i, end).filter(({ type }) => type === 'inline');
      if (cells.every(({ content }) => content === '')) {
        i = end;
        continue;
      }
    }
    const isEmptyHead = token.type === 'th_open' && tokens[i + 1]!.content === '';
    if (isEmptyHead) token.tag = tokens[i + 2]!.tag = 'td';
    kept.push(token);
  }
  return kept;
}

type Token = ReturnType<typeof markdown.parse>[number];

const plain = (tokens: readonly Token[]): string =>
  tokens.map(({ type, content }) => (type === 'text' || type === 'code_inline' ? content : type === 'softbreak' ? ' ' : '')).join(''); // prettier-ignore

function freeId(text: string, taken: Set<string>): string {
  const bare = text.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '') || 'part'; // prettier-ignore
  let id = bare;
  for (let n = 2; taken.has(id); n++) id = `${bare}-${n}`;
  taken.add(id);
  return id;
}

/** Lets links lead to pages of the site; a link to something that the site does not hold becomes plain text. */
function mendLinks(tokens: Token[], linkOf: (href: string) => string | null): void {
  let open: string | null = '';
  for (const token of tokens) {
    if (token.type === 'link_open') {
      open = linkOf(String(token.attrGet('href')));
      if (open === null) token.tag = 'span';
      if (open === null) token.attrs = [];
      else token.attrSet('href', open);
    } else if (token.type === 'link_close' && open === null) token.tag = 'span';
  }
}
