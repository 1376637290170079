import { startEngine } from '../engine/tensorflow';

/** The versions and the machine that a run's `run.json` records. */
export async function versions(): Promise<Record<string, string>> {
  const { tensorflow, device, cpu, threads, node } = await startEngine();
  return { node, tensorflow, device, cpu, threads: String(threads) };
}
