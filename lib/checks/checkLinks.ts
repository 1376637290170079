import * as fs from 'node:fs';
import * as path from 'node:path';
import { parsers } from 'prettier/plugins/markdown';
import { readNotebook, textOf } from '../jupyter/notebook';

/** The part of a node of parsed Markdown that is used here (https://github.com/syntax-tree/mdast). */
interface MarkdownNode {
  readonly type: string;
  readonly value?: string;
  readonly url?: string;
  readonly alt?: string | null;
  readonly children?: readonly MarkdownNode[];
  readonly position: { readonly start: { readonly line: number } };
}

/** Text that is read by itself: all of a Markdown file, or a cell of a notebook. */
interface Piece {
  readonly nodes: readonly MarkdownNode[];
  readonly where: (node: MarkdownNode) => string;
}

const isNotebook = (file: string): boolean => file.endsWith('.ipynb');

function piecesOf(file: string): Piece[] {
  if (!isNotebook(file)) {
    const where = ({ position }: MarkdownNode): string => `line ${position.start.line}`;
    return [{ nodes: nodesOf(fs.readFileSync(file, 'utf8')), where }];
  }
  return readNotebook(file).cells.flatMap(({ cell_type: type, source }, i) =>
    type === 'markdown' ? [{ nodes: nodesOf(textOf(source)), where: () => `cell ${i + 1}` }] : [],
  );
}

function nodesOf(markdown: string): MarkdownNode[] {
  const withChildren = (node: MarkdownNode): MarkdownNode[] => [
    node,
    ...(node.children ?? []).flatMap(withChildren),
  ];
  return withChildren(parsers.markdown.parse(markdown, {} as never) as MarkdownNode);
}

/**
 * Returns what is wrong with the links and pictures in a Markdown file or in the text of a notebook, one line each. A
 * link to a file of the folder or to one of its headings has to lead there. Of a link into the web only the form is
 * checked.
 */
export function checkLinks(file: string, folder: string): string[] {
  return piecesOf(file).flatMap(({ nodes, where }) =>
    nodes.flatMap((node) => {
      const links = targetsOf(node).flatMap((link) => checkLink(link, file, folder));
      return [...links, ...checkAlternative(node)].map((text) => `${where(node)}: ${text}`);
    }),
  );
}

const imageTag = /<img\b[^>]*>/g;

function targetsOf({ type, url, value = '' }: MarkdownNode): string[] {
  if (type === 'html') return [...value.matchAll(/\b(?:href|src)="([^"]*)"/g)].map((m) => m[1]!);
  return url === undefined ? [] : [url];
}

function checkAlternative({ type, alt, url, value = '' }: MarkdownNode): string[] {
  const tags = type === 'html' ? (value.match(imageTag) ?? []) : [];
  const pictures = tags.filter((tag) => !/\balt="[^"]*\S[^"]*"/.test(tag));
  if (type.startsWith('image') && !alt?.trim()) pictures.push(`![](${url ?? ''})`);
  return pictures.map((picture) => `${picture} without words: say what the picture shows`);
}

function checkLink(link: string, file: string, folder: string): string[] {
  const problem = (text: string): string[] => [`link ${link}: ${text}`];
  if (/^[a-z][a-z+.-]*:/i.test(link))
    return isWebAddress(link) ? [] : problem('no address of this form: correct it');
  const [address, anchor] = link.split('#') as [string, string?];
  const target = address === '' ? file : path.resolve(path.dirname(file), decodeURI(address));
  if (path.isAbsolute(address) || path.relative(folder, target).startsWith('..'))
    return problem('leads out of the repository: link inside it, or into the web');
  if (!fs.existsSync(target)) return problem('no such file: correct it, from the file it is in');
  if (anchor === undefined || !/\.(md|ipynb)$/.test(target)) return [];
  if (anchorsOf(target).includes(decodeURI(anchor))) return [];
  return problem(`no such heading in ${path.basename(target)}: correct what follows #`);
}

function isWebAddress(link: string): boolean {
  if (!/^https?:\/\/\S+$/.test(link) || !URL.canParse(link)) return false;
  const { hostname, pathname } = new URL(link);
  if (hostname === 'arxiv.org') return /^\/(abs|pdf)\/\d{4}\.\d{4,5}(v\d+)?$/.test(pathname);
  return /^[\w-]+(\.[\w-]+)*\.[a-z]{2,}$/.test(hostname);
}

/**
 * Returns what may follow a `#` in a link to a file: its headings, as GitHub spells them (in notebooks as JupyterLab
 * does), and each `id="…"`.
 */
function anchorsOf(file: string): string[] {
  const nodes = piecesOf(file).flatMap((piece) => piece.nodes);
  const ids = nodes.flatMap(({ type, value = '' }) =>
    type === 'html' ? [...value.matchAll(/\b(?:id|name)="([^"]*)"/g)].map((m) => m[1]!) : [],
  );
  const headings = nodes.filter(({ type }) => type === 'heading').map(wordsOf);
  if (isNotebook(file)) return [...ids, ...headings.map((text) => text.replaceAll(' ', '-'))];
  const slugs = headings.map((text) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
      .replaceAll(' ', '-'),
  );
  const numbered = slugs.map((slug, i) => {
    const before = slugs.slice(0, i).filter((other) => other === slug).length;
    return before > 0 ? `${slug}-${before}` : slug;
  });
  return [...ids, ...numbered];
}

function wordsOf({ value = '', children = [] }: MarkdownNode): string {
  return value + children.map(wordsOf).join('');
}
