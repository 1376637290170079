/** A Python environment with verl and TensorBoard, without the parts of it that need a GPU. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { torchPython } from '../../lib/bench/torch';
import { root } from '../../lib/core/files';

/** What verl loads before it has read its configuration. Ray is needed even where nothing runs on it. */
const packages =
  'ray==2.60.0 tensorboard==2.21.0 hydra-core==1.3.8 codetiming==1.4.0 pandas==3.1.1 pillow==13.0.0 aiohttp==3.14.5 transformers==5.10.4 numpy'.split(' '); // prettier-ignore
/** Without what they ask for: that is PyTorch for a GPU, among others. */
const alone = 'verl==0.9.1 tensordict==0.10.0 torchdata==0.11.0 pyvers cloudpickle orjson importlib_metadata zipp dill'.split(' '); // prettier-ignore

/** Returns the Python of that environment. PyTorch is that of `.venv-torch`. The first call makes both. */
export function verlPython(): string {
  torchPython(path.join(root, '.venv-torch'), 'python3');
  const folder = path.join(root, '.venv-verl');
  const python = path.join(folder, 'bin/python');
  const stamp = path.join(folder, '.complete');
  const wanted = [...packages, ...alone].join('\n');
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === wanted) return python;
  const run = (command: string, ...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr.slice(-2000)}`);
    return stdout.trim();
  };
  const site = 'import sysconfig; print(sysconfig.get_paths()["purelib"])';
  run('python3', '-m', 'venv', '--clear', folder);
  const torchs = run(path.join(root, '.venv-torch/bin/python'), '-c', site);
  fs.writeFileSync(path.join(run(python, '-c', site), 'torch.pth'), `${torchs}\n`);
  run(python, '-m', 'pip', 'install', '--quiet', ...packages);
  run(python, '-m', 'pip', 'install', '--quiet', '--no-deps', ...alone);
  fs.writeFileSync(stamp, wanted);
  return python;
}
