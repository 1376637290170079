/** What makes a file no notebook, of all that the code relies on when it reads one. */

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isListOf = (value: unknown, isOne: (one: unknown) => boolean): value is unknown[] =>
  Array.isArray(value) && value.every(isOne);
const isString = (value: unknown): boolean => typeof value === 'string';
const isText = (value: unknown): boolean => isString(value) || isListOf(value, isString);
const isMissingOr = (value: unknown, isOne: (one: unknown) => boolean): boolean =>
  value === undefined || isOne(value);

/** How deep lists and objects may lie in each other: far deeper than any notebook, far from the end of the stack. */
const deepest = 200;

/** Returns in a few words why a value is no notebook of format 4, or null where it is one. */
export function notebookFault(value: unknown): string | null {
  if (!isFields(value)) return 'no JSON object';
  const { cells, metadata } = value;
  if (isDeeperThan(deepest, value)) return 'its values lie too deep in each other';
  if (!Array.isArray(cells)) return 'no list of cells';
  const bad = cells.findIndex((cell) => !isCell(cell));
  if (bad >= 0) return `cell ${bad + 1} is damaged`;
  return isMetadata(metadata) ? null : 'its metadata are damaged';
}

function isMetadata(value: unknown): boolean {
  if (!isFields(value)) return false;
  const named = (kernel: unknown): boolean =>
    isFields(kernel) && isMissingOr(kernel.name, isString);
  const stamped = (r1: unknown): boolean => isFields(r1) && isString(r1.code) && isString(r1.mode);
  return isMissingOr(value.kernelspec, named) && isMissingOr(value.r1, stamped);
}

function isCell(value: unknown): boolean {
  if (!isFields(value) || !isFields(value.metadata)) return false;
  const { cell_type: type, source, execution_count: count, outputs } = value;
  return (
    ['code', 'markdown', 'raw'].includes(type as string) &&
    isText(source) &&
    isMissingOr(value.id, isString) &&
    isMissingOr(value.metadata.tags, (tags) => isListOf(tags, isString)) &&
    isMissingOr(count, (n) => n === null || typeof n === 'number') &&
    isMissingOr(outputs, (list) => isListOf(list, isOutput))
  );
}

function isOutput(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { output_type: type, text, data } = value;
  if (type === 'stream') return isText(text) && isString(value.name);
  if (type === 'error') return isListOf(value.traceback, isString);
  return isString(type) && isFields(data) && Object.entries(data).every(isTextOrOther);
}

/** Text and SVG are texts; what other mime types hold is not looked at. */
const isTextOrOther = ([mime, value]: [string, unknown]): boolean =>
  isText(value) || !(mime.startsWith('text/') || mime === 'image/svg+xml');

function isDeeperThan(most: number, value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= most && level.length > 0; depth++) {
    const inside = level.filter((one) => typeof one === 'object' && one !== null);
    level = inside.flatMap((one) => Object.values(one as Fields));
  }
  return level.length > 0;
}
