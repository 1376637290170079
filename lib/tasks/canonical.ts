import type { Step } from './arithmetic';

interface Part {
  readonly sign: string;
  readonly text: string;
}

/**
 * One text for all chains that compute the same by exchanging terms or factors: `5 + 7 - 3` and `7 - 3 + 5` are both
 * `5 + 7 - 3`, and `7 * 3 + 5` is `(3 * 7) + 5`. Votes are counted on it, since one solution has many spellings.
 */
export function canonicalChain(start: number, steps: readonly Step[]): string {
  let kind = '';
  let parts: Part[] = [{ sign: '', text: String(start) }];
  for (const { operator, operand } of steps) {
    const nextKind = operator === '+' || operator === '-' ? '+' : '*';
    if (kind !== nextKind) {
      const whole = kind === '' ? String(start) : `(${joinParts(parts)})`;
      parts = [{ sign: nextKind, text: whole }];
      kind = nextKind;
    }
    parts.push({ sign: operator, text: String(operand) });
  }
  return joinParts(parts);
}

/** Added or multiplied parts first, then subtracted or divided ones, each kind in alphabetical order. */
function joinParts(parts: readonly Part[]): string {
  const rank = (part: Part): string => ('-/'.includes(part.sign) ? '1' : '0') + part.text;
  const ordered = [...parts].sort((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0));
  return ordered.map(({ sign, text }, i) => (i === 0 ? text : `${sign} ${text}`)).join(' ');
}
