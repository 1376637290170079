/** Many answers to each problem: is one of them right, and is it the one that most agree on? */
import type { Rollout } from '../sampling/sampler';
import { verify, type Problem } from '../tasks/index';
import { consAtK, passAtK, shareInterval, type Interval } from './metrics';

/** One completion as a voter: its canonical answer, or null, and whether that is right. */
export interface Vote {
  readonly answer: string | null;
  readonly correct: boolean;
}

/** The votes of some groups of completions, the first of which belongs to the first of the problems. */
export function votesOf(
  problems: readonly Problem[],
  groups: readonly (readonly Rollout[])[],
): Vote[][] {
  return groups.map((group, i) =>
    group.map(({ text }) => {
      const { canonicalAnswer, correct } = verify(problems[i]!, text);
      return { answer: canonicalAnswer, correct };
    }),
  );
}

/** pass@k and cons@k at one k. */
export interface VotePoint {
  readonly k: number;
  readonly passAtK: number;
  readonly passInterval: Interval;
  readonly consAtK: number;
  readonly consInterval: Interval;
}

/** The curves of given votes: `votes[i]` are those on problem i, equally many for each. */
export function voteCurve(votes: readonly (readonly Vote[])[]): VotePoint[] {
  const samples = votes[0]!.length;
  const ks = Array.from({ length: Math.floor(Math.log2(samples)) + 1 }, (_, i) => 2 ** i);
  return ks.map((k) => {
    const pass = shareInterval(
      votes.map((own) => {
        const right = own.filter(({ correct }) => correct).length;
        return { hits: passAtK(samples, right, k), total: 1 };
      }),
    )!;
    // cons@k has no closed form: the mean over as many votes of k samples as there are
    const cons = shareInterval(votes.map((own) => electionsOf(own, k)))!;
    return {
      k,
      passAtK: pass.mean,
      passInterval: pass.interval,
      consAtK: cons.mean,
      consInterval: cons.interval,
    };
  });
}

/** Elections among k samples each, and how many of them the right answer wins. */
function electionsOf(votes: readonly Vote[], k: number): { hits: number; total: number } {
  const total = Math.floor(votes.length / k);
  let hits = 0;
  for (let e = 0; e < total; e++) {
    const voters = votes.slice(e * k, (e + 1) * k);
    const winner = consAtK(voters.map(({ answer }) => answer));
    if (winner >= 0 && voters[winner]!.correct) hits++;
  }
  return { hits, total };
}
