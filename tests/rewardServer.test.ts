/** The server that judges completions, asked by a trainer and by strangers; what is handed over, where bad input comes in. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import type * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { after, before, test } from 'node:test';
import { rewardServer } from '../lib/commands/loopback/rewards';
import { root } from '../lib/core/files';
import { createRandom } from '../lib/core/random';
import { groundTruth } from '../lib/handover/groundTruth';
import type { Judged } from '../lib/handover/judge';
import { reward } from '../lib/rewards/reward';
import { countdownProblem } from '../lib/tasks/countdown';
import { generate, verify } from '../lib/tasks/index';

const key = 'a key';
let server: http.Server;
let url: string;

/** Lets a server listen on any free port. */
async function listening(one: http.Server): Promise<string> {
  one.listen(0, '127.0.0.1');
  await once(one, 'listening');
  return `http://127.0.0.1:${(one.address() as AddressInfo).port}`;
}

/** What a program in Python prints, or the last line of its error. */
const inPython = (code: string): Promise<string> =>
  new Promise((resolve) => {
    const env = {
      ...process.env,
      PYTHONPATH: path.join(root, 'lib/handover/python'),
      PYTHONDONTWRITEBYTECODE: '1',
    };
    execFile('python3', ['-c', code], { env }, (error, stdout, stderr) =>
      resolve((error ? stderr : stdout).trim().split('\n').at(-1)!),
    );
  });

before(async () => {
  server = rewardServer({ key, patience: 2000 });
  url = `${await listening(server)}/rewards`;
});
after(() => void server.close());

const problem = countdownProblem(26, [3, 5, 7]);
const truth = groundTruth(problem, 'en');
const right = '<think> 3 * 7 = 21 </think> <answer> 3 * 7 + 5 </answer> <eos>';

interface Said {
  readonly rewards?: readonly Judged[];
  readonly error?: { readonly message: string };
}

async function ask(body: unknown, given = key): Promise<[number, Said]> {
  const headers = { Authorization: `Bearer ${given}` };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(url, { method: 'POST', headers, body: text });
  return [answer.status, (await answer.json()) as Said];
}

test('a batch is judged as the workbook judges', async () => {
  const sum = generate('sums', 4, createRandom(1), 'train');
  const items = [
    { ground_truth: JSON.stringify(truth), completion: right },
    { ground_truth: truth, completion: `${right} more` },
    { ground_truth: groundTruth(sum, 'en'), completion: `So.\nAnswer: ${groundTruth(sum, 'en').answer}<eos>` }, // prettier-ignore
    { ground_truth: { task: 'mine', level: 1, answer: '1/2' }, completion: 'Answer: 0.5<eos>' },
  ];
  const [status, { rewards }] = await ask({ items });
  assert.equal(status, 200);
  assert.deepEqual(rewards!.map(({ verdict }) => verdict.correct), [true, false, true, true]); // prettier-ignore
  const paid = reward(problem, right, 'en');
  assert.deepEqual(rewards![0], {
    total: paid.total,
    reward: paid,
    verdict: verify(problem, right),
  });
});

test('what is not understood is refused in one line, and names the item', async () => {
  const item = { ground_truth: truth, completion: right };
  const cases: [unknown, number, RegExp][] = [
    ['{', 400, /items has to be a list of objects/],
    [{ items: [item, 5] }, 400, /items has to be a list of objects/],
    [{ items: [item, { ...item, completion: 5 }] }, 400, /items\[1\]: completion is no text/],
    [{ items: [{ ...item, ground_truth: 'x' }] }, 400, /items\[0\]: ground_truth is no problem/],
    [{ items: [{ ...item, ground_truth: { task: 'x' } }] }, 400, /task x is not known/],
    [{ items: [{ ...item, ground_truth: { ...truth, language: 'fr' } }] }, 400, /language fr/],
    [{ items: [{ ...item, ground_truth: { task: 'countdown' } }] }, 400, /no problem of its task/],
    [{ items: [{ ...item, ground_truth: { task: 'words', level: 99 } }] }, 400, /no problem of its task/], // prettier-ignore
    [{ items: Array(20_001).fill(item) }, 400, /20001 items: send at most 20000/],
  ];
  for (const [body, status, message] of cases) {
    const [was, { error }] = await ask(body);
    assert.equal(was, status);
    assert.match(error!.message, message);
  }
  assert.match((await ask({ items: [] }, 'another'))[1].error!.message, /key is missing or wrong/);
  const get = await fetch(url, { headers: { Authorization: `Bearer ${key}` } });
  assert.equal(get.status, 404);
});

test('a batch that takes too long is given up, and says how far it came', async () => {
  const impatient = rewardServer({ key, patience: 1 });
  const address = await listening(impatient);
  const items = Array(20_000).fill({ ground_truth: truth, completion: right.repeat(2) });
  const headers = { Authorization: `Bearer ${key}` };
  const answer = await fetch(`${address}/rewards`, { method: 'POST', headers, body: JSON.stringify({ items }) }); // prettier-ignore
  impatient.close();
  assert.equal(answer.status, 503);
  assert.match(((await answer.json()) as Said).error!.message, /of 20000 completions took 0.001 s: send smaller batches/); // prettier-ignore
});

test('the client in Python asks it, and says in one line what is wrong', async () => {
  const said = (code: string): Promise<string> => inPython(`from r1_rewards.remote import ask\n${code}`); // prettier-ignore
  const items = JSON.stringify([{ ground_truth: JSON.stringify(truth), completion: right }]);
  assert.equal(await said(`print(ask(${items}, "${url}", "${key}")[0]["total"])`), '1.1');
  assert.match(await said(`ask([], "${url}", "wrong")`), /RuntimeError: http.*rewards refuses: the API key is missing or wrong/); // prettier-ignore
  assert.match(await said('ask([], "http://127.0.0.1:9/rewards", "k")'), /nobody answers at http:\/\/127.0.0.1:9\/rewards .*: start npm run serve-rewards/); // prettier-ignore
});
