/** How many hostile inputs are made, and from which seed. */
export interface Dose {
  readonly count: number;
  readonly seed: number;
  readonly onProgress?: (done: number, count: number) => void;
}
