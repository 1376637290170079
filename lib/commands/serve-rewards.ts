import { readArguments, runCommand, wholeNumber } from './arguments';
import { chosenKey, listen, portOf, shownKey } from './loopback/listen';
import { rewardServer } from './loopback/rewards';

const help = `
npm run serve-rewards [-- options]
Judges completions for trainers on this machine by the workbook's own verifiers, where those in Python are not wanted:
POST /rewards {"items": [{"ground_truth": …, "completion": …}]} answers {"rewards": [{"total": …, "reward": …, "verdict": …}]}.
r1_rewards/remote.py of a handed-over folder asks it.

  --port N      where it listens, on 127.0.0.1 alone (8001; 0 takes any free one)
  --patience N  seconds after which a batch is given up (60)

A program needs the key that is printed, or the one in R1_API_KEY. Ctrl-C ends the server.
`;

async function main(): Promise<void> {
  const { values } = readArguments(help, {
    port: { type: 'string', default: '8001' },
    patience: { type: 'string', default: '60' },
  } as const);
  const port = portOf(values.port);
  const patience = 1000 * wholeNumber(values.patience, '--patience', 1);
  const key = chosenKey();
  await listen(rewardServer({ key, patience }), port, (address) => {
    console.log(`R1_REWARDS_URL=${address}/rewards`);
    console.log(`R1_API_KEY=${shownKey(key)}`);
  });
}

export const finished: Promise<void> = runCommand(main);
