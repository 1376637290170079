/**
 * Returns a page with texts in the places `<!-- name -->` to `<!-- end of name -->`, each in a block of code. A text whose
 * place is missing is left out. Nothing in a text, such as the name of a run, can end its block or its place.
 */
export function fillBlocks(page: string, texts: Readonly<Record<string, string>>): string {
  return Object.entries(texts).reduce((filled, [name, text]) => {
    const [start, end] = [`<!-- ${name} -->\n`, `<!-- end of ${name} -->`];
    const [from, to] = [filled.indexOf(start), filled.indexOf(end)];
    if (from < 0 || to < from) return filled;
    const lines = text.replace(/ +$/gm, '').replaceAll('```', "'''").replaceAll('<!--', '<!-');
    return `${filled.slice(0, from)}${start}\n\`\`\`text\n${lines}\n\`\`\`\n\n${filled.slice(to)}`;
  }, page);
}
