/**
 * The process that `kills.ts` kills: it makes the micro recipe in a folder, as far as it is not made. Called as
 * `child.ts PLACE STAGES [CALL WHEN]`. With the last two it kills itself at that call which changes a file, counted from 0:
 * before it, when half of it is done, or after it.
 */
import '../support/withoutXla';
import { runCommand } from '../../lib/commands/arguments';
import { atFileCalls } from '../support/fileCalls';
import { makeMicroRecipe } from './microRecipe';

const [place = '', stages, call, when] = process.argv.slice(2);

function dieAt(last: number): void {
  let calls = 0;
  const die = (): void => {
    process.kill(process.pid, 'SIGKILL');
  };
  atFileCalls(({ make, makeHalf }) => {
    if (calls++ !== last) return make();
    if (when === 'before') die();
    if (when === 'halfway') {
      makeHalf();
      die();
    }
    const result = make();
    die();
    return result;
  });
}

if (call !== undefined) dieAt(Number(call));
console.log('started');

export const finished: Promise<void> = runCommand(() => makeMicroRecipe(place, Number(stages)));
