/** Ways to damage a file: as a disk or a transfer does it, and as a program or a person does it. */
import { pick, type Random } from '../../lib/core/random';

/** A damaged copy of the bytes. */
export function damagedBytes(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  const from = random.int(copy.length + 1);
  const to = Math.min(copy.length, from + 1 + random.int(random.int(2) === 0 ? 8 : 400));
  const noise = Buffer.from(Array.from({ length: 1 + random.int(20) }, () => random.int(256)));
  switch (random.int(13)) {
    case 0:
      return copy.subarray(0, from); // cut off
    case 1:
      return copy.subarray(from);
    case 2:
      return Buffer.concat([copy.subarray(0, from), copy.subarray(to)]);
    case 3:
      return Buffer.concat([copy.subarray(0, to), copy.subarray(from)]); // a part of it twice
    case 4:
      return Buffer.concat([copy.subarray(0, from), noise, copy.subarray(from)]);
    case 5:
      return copy.fill(pick([0, 0xff, 0x20, 0x22], random), from, to);
    case 6:
      return Buffer.concat([copy, pick([noise, copy, Buffer.from('\n'), Buffer.from('{}')], random)]); // prettier-ignore
    case 7:
      return Buffer.concat([Buffer.from('\ufeff'), copy]);
    case 8:
      return Buffer.from(copy.toString('latin1').replaceAll('\n', pick(['\r\n', '\r', '\n\n', '\u0085'], random)), 'latin1'); // prettier-ignore
    case 9:
      return Buffer.from(copy.toString('utf8'), 'utf16le');
    case 10:
      return pick([Buffer.alloc(0), noise, Buffer.alloc(1000), Buffer.from('null')], random);
    default:
      for (let n = 1 + random.int(4); n > 0; n--)
        copy[random.int(copy.length)]! ^= 1 << random.int(8);
      return copy;
  }
}

/** JSON texts to stand in the place of any value. */
const values = [
  ...'null true false 0 -1 1 2 3.5 1e308 1e999 -1e999 1152921504606846976 9007199254740993 4294967296 1e-320 [] {} [[]] [null] [-1] [1e999] [2,-2] [0]'.split(' '), // prettier-ignore
  ...'"" " " "1" "NaN" "Infinity" "-0" "llama" "__proto__" "F32" "\\ud800" "\\u0000" "../../../etc/passwd" "<script>alert(1)</script>"'.split(' '), // prettier-ignore
  '"two\\nlines"',
  '"\\u001b[31mred"',
  '{"toString":1,"valueOf":1}',
  '{"__proto__":{"length":3}}',
  '{"length":1e9}',
  '{"constructor":null}',
  '[1,2,3,4,5,6,7,8,9]',
  `"${'long '.repeat(3000)}"`,
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  'NaN',
  'undefined',
  "'x'",
  '// no',
  '',
];

const keys = ['__proto__', 'constructor', 'toString', 'length', '', 'step', 'a"b', '0'];

/** Stands in a JSON text for a value that is no JSON. */
const mark = 'a value that is replaced';

/** JSON of the value with one thing changed somewhere in it. */
export function damagedJson(value: unknown, random: Random, indent?: number): string {
  const whole = { top: structuredClone(value) };
  let inside: unknown = whole;
  let key = 'top';
  // down a random way, which ends more often in the depth than at the top
  for (;;) {
    const next = (inside as Record<string, unknown>)[key];
    const below = typeof next === 'object' && next !== null ? Object.keys(next) : [];
    if (below.length === 0 || random.int(6) === 0) break;
    inside = next;
    key = pick(below, random);
  }
  const place = inside as Record<string, unknown>; // or a list
  const kind = random.int(10);
  if (kind === 0) delete place[key];
  else if (kind === 1 && !Array.isArray(place)) define(place, pick(keys, random), place[key]);
  else if (kind === 2) place[key] = [place[key], place[key]];
  else if (kind === 3 && typeof place[key] === 'number')
    place[key] = pick([-1, 0, 0.5, 2, 1e6, 2 ** 40], random) * Number(place[key]);
  else if (kind === 4) place[key] = pick(Object.values(place), random);
  else place[key] = mark;
  const text = JSON.stringify(whole.top, null, indent) ?? '';
  return text.replace(`"${mark}"`, () => pick(values, random));
}

/** Sets a field of any name, `__proto__` too. */
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

/** A file of lines with one of them damaged, left out, repeated, or cut. */
export function damagedLines(
  lines: readonly string[],
  random: Random,
  damage: (line: string) => string,
): string {
  // prettier-ignore
  const copy = [...lines];
  const at = random.int(copy.length);
  const kind = random.int(10);
  if (kind === 0) copy.splice(at, 1);
  else if (kind === 1) copy.splice(at, 0, copy[at]!);
  else if (kind === 2)
    copy.splice(at, 0, pick(['', ' ', '\t', '#', 'null', '{}', '[]', ',,,'], random)); // prettier-ignore
  else if (kind === 3) copy.splice(at, 1, copy[at]!.slice(0, random.int(copy[at]!.length)));
  else if (kind === 4) [copy[0], copy[at]] = [copy[at]!, copy[0]!];
  else copy[at] = damage(copy[at]!);
  const end = pick(['\n', '\n', '\n', '', '\r\n'], random);
  const text = copy.join(end === '\r\n' ? end : '\n') + end;
  return random.int(8) === 0 ? text.slice(0, random.int(text.length)) : text;
}
