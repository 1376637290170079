import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../core/files';
import type { WidgetOptions } from './widget';

/** A program for the browser, `views/<name>.mjs`, and its style sheet with the theme of all views before it. */
export function readView(name: string): Pick<WidgetOptions, 'esm' | 'css'> {
  const read = (file: string): string =>
    fs.readFileSync(path.join(root, 'lib/workbook/views', file), 'utf8');
  return { esm: read(`${name}.mjs`), css: read('theme.css') + read(`${name}.css`) };
}
