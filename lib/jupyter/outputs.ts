import type { DisplayOutput, Output } from './notebook';
import { textOf } from './notebook';

/** The outputs of a whole notebook run. They are kept together because a later cell can update an earlier display. */
export class Outputs {
  private readonly ofCell = new Map<number, Output[]>();
  private readonly displays = new Map<string, DisplayOutput[]>();

  /** Takes one message of the kernel that belongs to a cell. */
  add(cell: number, type: string, content: Record<string, unknown>): void {
    const outputs = this.of(cell);
    if (type === 'stream') addStream(outputs, content as { name: string; text: string });
    if (type === 'error') outputs.push({ output_type: 'error', ...content } as Output);
    if (type !== 'display_data' && type !== 'update_display_data') return;

    const { data, metadata, transient } = content as Omit<DisplayOutput, 'output_type'> & {
      transient?: { display_id?: string };
    };
    const shown = this.displays.get(transient?.display_id ?? '') ?? [];
    for (const output of shown) Object.assign(output, { data, metadata });
    if (type === 'update_display_data') return;
    const output: DisplayOutput = { output_type: 'display_data', data, metadata };
    outputs.push(output);
    if (transient?.display_id) this.displays.set(transient.display_id, [...shown, output]);
  }

  /** Returns what a cell has shown so far. */
  of(cell: number): Output[] {
    if (!this.ofCell.has(cell)) this.ofCell.set(cell, []);
    return this.ofCell.get(cell)!;
  }

  /**
   * Returns what a cell has shown in the form for the file: printed text as a screen shows it after carriage
   * returns.
   */
  finished(cell: number): Output[] {
    return this.of(cell).map((output) =>
      output.output_type === 'stream'
        ? { ...output, text: collapseReturns(textOf(output.text)) }
        : output,
    );
  }
}

function addStream(outputs: Output[], { name, text }: { name: string; text: string }): void {
  const last = outputs.at(-1);
  if (last?.output_type === 'stream' && last.name === name) last.text = String(last.text) + text;
  else outputs.push({ output_type: 'stream', name, text });
}

/** Returns a text as a terminal shows it: what follows a `\r` is written over the line from its start. */
export function collapseReturns(text: string): string {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  return lines.map((line) => (line.includes('\r') ? overwrite(line) : line)).join('\n');
}

function overwrite(line: string): string {
  const written = line.split('\r').reduce((shown, part) => part + shown.slice(part.length));
  return written.trimEnd();
}
