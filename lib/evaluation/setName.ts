/** A set of problems as every table and chart calls it: `countdown 5`, `units`, `countdown 3 en`. */
export const setName = ({
  task,
  level,
  language,
}: {
  readonly task?: unknown;
  readonly level?: unknown;
  /** where all are asked in one */
  readonly language?: unknown;
}): string => [task, Number(level) > 0 ? level : null, language].filter(Boolean).join(' ');
