/** Who and what word problems are about. */

/** Names, with the pronoun of each. */
export const people: ReadonlyMap<string, 'he' | 'she'> = new Map([
  ...'Tom Ben Sam Jack Leo Max Paul Adam Noah Luke Oscar Henry Felix Simon Peter David'
    .split(' ')
    .map((name) => [name, 'he'] as const),
  ...'Anna Lucy Mia Emma Nora Ella Rose Clara Ruth Julia Alice Grace Maria Sarah Lily Helen'
    .split(' ')
    .map((name) => [name, 'she'] as const),
]);

/** Things that can be found, bought, packed, given away and lost. */
export const things: readonly string[] =
  'apple pear orange lemon peach plum nut egg cookie sweet card stamp sticker marble shell stone feather button bead balloon pen pencil crayon eraser ribbon badge key ball toy book postcard'.split(
    ' ',
  );

const irregular = new Map([
  ['box', 'boxes'],
  ['child', 'children'],
  ['peach', 'peaches'],
  ['person', 'people'],
  ['shelf', 'shelves'],
]);

/** The plural of a noun; of several words that of the last: `pear tree`. */
export const plural = (noun: string): string => irregular.get(noun) ?? `${noun}s`;
