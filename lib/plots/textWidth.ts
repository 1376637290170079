// The widths of letters in the project's font, in thousandths of its size, by groups of letters that are about as wide.
const groups: readonly (readonly [letters: RegExp, width: number])[] = [
  [/[ijl.,:;'|! ·]/, 245],
  [/[ftr()[\]-]/, 320],
  [/[mwMW%]/, 780],
  [/[A-Z→]/, 570],
];
const otherWidth = 510;

/** Returns about how wide a text is drawn, in pixels. */
export function textWidth(text: string, fontSize: number): number {
  let width = 0;
  for (const letter of text) {
    width += groups.find(([letters]) => letters.test(letter))?.[1] ?? otherWidth;
  }
  return (width * fontSize) / 1000;
}
