import * as fs from 'node:fs';
import { UserError } from '../core/errors';
import { writeFileAtomic } from '../core/files';
import { notebookFault } from './notebookFault';

/** Text as the file holds it: whole, or as lines that keep their line ends. */
export type NotebookText = string | string[];
/** One output in several forms, keyed by mime type. */
export type MimeBundle = Record<string, unknown>;

/** Printed text. */
export interface StreamOutput {
  output_type: 'stream';
  name: string;
  text: NotebookText;
}
/** A chart, a picture, or another output in several forms. */
export interface DisplayOutput {
  output_type: 'display_data';
  data: MimeBundle;
  metadata: object;
}
/** The error that ended a cell. */
export interface ErrorOutput {
  output_type: 'error';
  ename: string;
  evalue: string;
  traceback: string[];
}
/** One output below a code cell. */
export type Output = StreamOutput | DisplayOutput | ErrorOutput;

/** A cell of a notebook. */
export interface Cell {
  cell_type: 'code' | 'markdown' | 'raw';
  id?: string;
  metadata: Record<string, unknown> & { tags?: string[] };
  source: NotebookText;
  execution_count?: number | null;
  outputs?: Output[];
}

/** The mark in a notebook that names the run which its outputs are from. */
export interface Stamp {
  /** a short hash of the code that ran */
  code: string;
  /** smoke, replay, live or full */
  mode: string;
}

/** A notebook file, format 4.5. */
export interface Notebook {
  cells: Cell[];
  metadata: Record<string, unknown> & { kernelspec?: { name?: string }; r1?: Stamp };
  nbformat: number;
  nbformat_minor: number;
}

/** Joins the lines of a text. */
export function textOf(text: NotebookText): string {
  return typeof text === 'string' ? text : text.join('');
}

/** Returns the cells that a kernel runs: code that is not empty. */
export function codeCells(notebook: Notebook): Cell[] {
  return notebook.cells.filter(
    (cell) => cell.cell_type === 'code' && textOf(cell.source).trim() !== '',
  );
}

/** Reads a notebook file. A file that is not there or that is no notebook is a UserError that names it. */
export function readNotebook(file: string): Notebook {
  if (!fs.existsSync(file)) throw new UserError(`no notebook at ${file}`);
  const notebook = parsed(fs.readFileSync(file, 'utf8').replace(/^\ufeff/, ''));
  const fault = notebookFault(notebook);
  if (fault === null) return notebook as Notebook;
  throw new UserError(`${file} is no notebook (${fault}): restore it, or save it in JupyterLab`);
}

/** The value of a JSON text; undefined where it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Returns the text of a notebook file, byte for byte as JupyterLab saves it: keys sorted, indented by one space, texts
 * as lines. JupyterLab's times of execution are left out, because they change from run to run.
 */
export function formatNotebook(notebook: Notebook): string {
  const cells = notebook.cells.map((cell) => {
    const { execution: _times, ...metadata } = cell.metadata;
    const source = toLines(cell.source);
    if (cell.cell_type !== 'code') return { ...cell, metadata, source };
    const { execution_count = null, outputs = [] } = cell;
    return { ...cell, metadata, source, execution_count, outputs: outputs.map(formatOutput) };
  });
  return `${JSON.stringify(sortKeys({ ...notebook, cells }), null, 1)}\n`;
}

/** Writes a notebook file, whole or not at all. */
export function writeNotebook(file: string, notebook: Notebook): void {
  writeFileAtomic(file, formatNotebook(notebook));
}

function toLines(text: NotebookText): string[] {
  return textOf(text).match(/[^\n]*\n|[^\n]+/g) ?? [];
}

function formatOutput(output: Output): Output {
  if (output.output_type === 'stream') return { ...output, text: toLines(output.text) };
  if (output.output_type === 'error') return output;
  const data = Object.entries(output.data).map(([mime, value]) => [
    mime,
    mime.startsWith('text/') || mime === 'image/svg+xml' ? toLines(value as NotebookText) : value,
  ]);
  return { ...output, data: Object.fromEntries(data) as MimeBundle };
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}
