/** Writes checkpoints for other programs: as a folder of Hugging Face, with adapters added in, and as a GGUF file. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../../core/errors';
import { onDisk, root, writeFileAtomic } from '../../core/files';
import { disposeTree } from '../../engine/tree';
import type { ModelConfig } from '../../model/config';
import { toHuggingFace } from '../../model/huggingFace';
import { encodeSafetensors } from '../../model/safetensors';
import { askSetup } from './askSetup';
import { isModelFile } from './modelFiles';
import { folderOfTexts, openCheckpoint } from './openCheckpoint';

/** How a GGUF file keeps the matrices. */
export const ggufTypes = ['f32', 'f16', 'bf16', 'q8_0'] as const;
export type GgufType = (typeof ggufTypes)[number];

/**
 * Writes a checkpoint as a new folder that `transformers` opens: all weights as 32-bit numbers, and the config, tokenizer
 * and chat template of the model that it was made from.
 */
export function exportFolder(checkpoint: string, target: string): void {
  if (fs.existsSync(target))
    throw new UserError(`${target} is there already: name a new folder, or remove it`);
  const texts = folderOfTexts(checkpoint);
  const { config, parameters } = openCheckpoint(checkpoint);
  const unfinished = `${target}.${process.pid}.tmp`;
  try {
    const isText = (name: string): boolean => isModelFile(name) && !/safetensors/.test(name);
    for (const name of fs.readdirSync(texts).filter(isText)) {
      const text = fs.readFileSync(path.join(texts, name), 'utf8');
      writeFileAtomic(
        path.join(unfinished, name),
        name === 'config.json' ? asWritten(text, config) : text,
      );
    }
    const weights = encodeSafetensors(toHuggingFace(config, parameters));
    writeFileAtomic(path.join(unfinished, 'model.safetensors'), weights);
    onDisk('write', target, () => fs.renameSync(unfinished, target));
  } catch (error) {
    fs.rmSync(unfinished, { recursive: true, force: true });
    throw error;
  } finally {
    disposeTree(parameters);
  }
}

/** A config with the type that the weights are written in, and as many blocks as there are. */
function asWritten(text: string, { numLayers }: ModelConfig): string {
  const config = JSON.parse(text) as Record<string, unknown>;
  const type = 'dtype' in config ? 'dtype' : 'torch_dtype';
  const changed = { ...config, [type]: 'float32', num_hidden_layers: numLayers };
  return JSON.stringify(changed, null, 2) + '\n';
}

/** Writes a checkpoint as a GGUF file, by the package of llama.cpp. What has no form there is a UserError. */
export async function exportGguf(checkpoint: string, file: string, type: GgufType): Promise<void> {
  const python = await askSetup('python', 'gguf');
  const folder = `${file}.${process.pid}.folder.tmp`;
  const unfinished = `${file}.${process.pid}.tmp`;
  try {
    exportFolder(checkpoint, folder);
    const script = path.join(root, 'lib/setup/gguf/toGguf.py');
    const options = { encoding: 'utf8', cwd: root } as const;
    const { status, stderr } = spawnSync(python, [script, folder, unfinished, type], options);
    const lines = stderr.trim().split('\n');
    const refusal = lines.find((line) => line.startsWith('refused: '))?.slice('refused: '.length);
    if (refusal !== undefined) throw new UserError(`${checkpoint}: ${refusal}`);
    if (status !== 0) throw new UserError(`cannot write ${file}: ${lines.at(-1)}`);
    onDisk('write', file, () => fs.renameSync(unfinished, file));
  } finally {
    for (const left of [folder, unfinished]) fs.rmSync(left, { recursive: true, force: true });
  }
}
