/** Texts of others, such as a model's words or the name of a run, written so that they are shown as they are. */

/** A text in HTML, between tags or between the double quotes of an attribute. */
export const htmlText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** A text in Markdown on one line, also in the cell of a table: no character of it begins a link, code, or a tag. */
export const markdownText = (text: string): string =>
  plainText(text)
    .replace(/[\\`*[\]|~$]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;');

/**
 * A text for a terminal: its line breaks and the other characters that a terminal would obey become escapes such as
 * `\u000a`.
 */
export const plainText = (text: string): string =>
  text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, escapeOf);

const escapeOf = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
