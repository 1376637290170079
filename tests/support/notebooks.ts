import type { Cell, Notebook } from '../../lib/jupyter/notebook';

/** Makes a notebook of these cells. A cell holds code that has run, unless it says something else. */
export function notebookOf(...cells: Partial<Cell>[]): Notebook {
  return {
    cells: cells.map((cell, i) => ({
      cell_type: 'code',
      id: `c${i}`,
      metadata: {},
      source: '1',
      execution_count: i + 1,
      outputs: [],
      ...cell,
    })),
    metadata: {
      kernelspec: { display_name: 'TypeScript', language: 'typescript', name: 'tslab' },
    } as Notebook['metadata'],
    nbformat: 4,
    nbformat_minor: 5,
  };
}
