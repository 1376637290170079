import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../core/files';
import type { WidgetOptions } from './widget';

const importOfMake = "import { make } from './make.mjs';\n";

/**
 * Returns the program of a view, `views/<name>.mjs`, and its style sheet. A widget's program is a single file without
 * imports, so the function `make`, which all views use, is written in front of it. The theme of all views is written in
 * front of the style sheet.
 */
export function readView(name: string): Pick<WidgetOptions, 'esm' | 'css'> {
  const read = (file: string): string =>
    fs.readFileSync(path.join(root, 'lib/workbook/views', file), 'utf8');
  const make = read('make.mjs').replace('export function', 'function');
  return {
    esm: make + read(`${name}.mjs`).replace(importOfMake, ''),
    css: read('theme.css') + read(`${name}.css`),
  };
}
