import * as vega from 'vega';
import { compile } from 'vega-lite';
import type { Chart } from '../../lib/plots/theme';

/** Returns every warning of vega-lite and vega about a chart. */
export async function warningsOf(chart: Chart): Promise<string[]> {
  const warnings: string[] = [];
  const note = (...args: unknown[]): object => {
    warnings.push(args.join(' '));
    return logger;
  };
  const quiet = (): object => logger;
  const logger = { level: quiet, error: note, warn: note, info: quiet, debug: quiet } as never;
  const { spec } = compile(structuredClone(chart.spec), { logger });
  const view = new vega.View(vega.parse(spec), { renderer: 'none', logger });
  await view.toSVG();
  return warnings;
}
