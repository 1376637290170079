/** One output in several forms, keyed by mime type. The front end shows the richest form that it knows. */
export type Bundle = Readonly<Record<string, unknown>>;

interface DisplayData {
  readonly data: Bundle;
  readonly metadata: object;
  readonly transient: { readonly display_id?: string };
}
type Display = (message: DisplayData, isUpdate: boolean) => void;

// The kernel puts its display function here before it runs a cell. Other processes have none.
const key = Symbol.for('r1.display');
const shared = globalThis as unknown as Record<symbol, Display | undefined>;

/** Returns whether this process is the kernel of a notebook. */
export function inNotebook(): boolean {
  return shared[key] !== undefined;
}

/**
 * Shows an output under the running cell. An output with an `id` can be replaced later: a call with the same `id` and
 * `isUpdate` puts the new output in its place. Outside a notebook the text form is printed instead.
 */
export function displayBundle(bundle: Bundle, id?: string, isUpdate = false): void {
  const display = shared[key];
  const transient = id === undefined ? {} : { display_id: id };
  if (display) display({ data: bundle, metadata: {}, transient }, isUpdate);
  else console.log(bundle['text/plain']);
}
