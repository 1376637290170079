import { execFileSync } from 'node:child_process';

/** Returns the numbers of the processes that a process has started, and whose command line has a word in it. */
export function childrenOf(parent: number, word: string): number[] {
  return execFileSync('ps', ['-A', '-o', 'ppid=,pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([of, , ...args]) => of === `${parent}` && args.join(' ').includes(word))
    .map(([, pid]) => Number(pid));
}
