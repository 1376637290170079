import { formatSeconds, whole } from '../../lib/core/format';

const secondsBetweenLines = 10;

/** Returns a function that prints how much is done and about how long the rest takes, every ten seconds. */
export function printProgress(name: string): (done: number, total: number) => void {
  const started = Date.now();
  let printed = started;
  return (done, total) => {
    if (done < total && Date.now() - printed < 1000 * secondsBetweenLines) return;
    printed = Date.now();
    const left = ((printed - started) / 1000 / done) * Math.max(0, total - done);
    console.log(`${name}: ${whole(done)} of ${whole(total)}, ${formatSeconds(left)} left`);
  };
}
