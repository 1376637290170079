/** The graph on a Ray of two nodes, one of which is killed again and again: the runs are those of one machine, bit for bit. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { after, before, test } from 'node:test';
import { root } from '../../lib/core/files';
import { askSetup } from '../../lib/stages/language/askSetup';
import { checkpointFolder, recorded, runFolder } from '../../lib/stages/places';
import { writeRandomModel } from '../../lib/stages/language/randomModel';
import { temporaryFolder } from '../support/folder';
import { metricsOf } from '../support/microRun';
import { environment, startCluster, type Cluster } from './rayCluster';

/** Kills of the second node, and steps of each run. */
const dose = process.env.R1_DOSE === 'large' ? { kills: 20, steps: 600 } : { kills: 3, steps: 80 };
const { kills } = dose;
const killEvery = 6000;

const seeds = [0, 1, 2];
const stage = `--preset smoke --size tiny --stage r1-zero --steps ${dose.steps}`.split(' ');

let cluster: Cluster;

before(async () => (cluster = await startCluster()));
after(() => cluster.stop());

/** A place with the recorded bases. */
function placeWithBases(): string {
  const place = temporaryFolder();
  for (const name of seeds.map((seed) => `tiny-base-s${seed}`)) {
    fs.cpSync(runFolder(recorded, name), runFolder(place, name), { recursive: true });
    fs.cpSync(checkpointFolder(recorded, name), checkpointFolder(place, name), { recursive: true });
  }
  return place;
}

/** Runs the recipe into a place; returns the exit code and what it printed. */
async function recipe(
  place: string,
  args: readonly string[],
  cores = 2,
): Promise<{ code: number; said: string }> {
  // prettier-ignore
  const program = ['--import', 'tsx', 'lib/commands/recipe.ts', ...args];
  const pinned = cores === 1 ? ['taskset', '-c', '0'] : [];
  const [command, ...rest] = [...pinned, process.execPath, ...program] as [string, ...string[]];
  const child = spawn(command, rest, { cwd: root, env: { ...environment, R1_LOCAL: place } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (said += part.toString())); // prettier-ignore
  const [code] = (await once(child, 'close')) as [number];
  return { code, said };
}

/** What must not depend on where a run was made: its weights and its numbers but the times. */
const resultOf = (place: string, seed: number): unknown => {
  const name = `tiny-r1-zero-s${seed}`;
  const weights = fs.readFileSync(path.join(checkpointFolder(place, name), 'model.safetensors'));
  const hash = createHash('sha256').update(weights).digest('hex');
  return { hash, metrics: metricsOf(runFolder(place, name)) };
};

/** The most stages that had begun and not ended at one time. */
function mostAtOnce(said: string): number {
  let [running, most] = [0, 0];
  for (const line of said.split('\n')) {
    if (/: begins$/.test(line)) running++;
    if (/: (?:done|failed|stopped)/.test(line)) running--;
    most = Math.max(most, running);
  }
  return most;
}

test('three seeds on two nodes are those of one core, though a node is killed', async (t) => {
  const alone = placeWithBases();
  let began = Date.now();
  for (const seed of seeds) {
    const { code, said } = await recipe(alone, [...stage, '--seed', String(seed)], 1);
    assert.equal(code, 0, said);
  }
  const oneNode = (Date.now() - began) / 1000;

  const onTwo = placeWithBases();
  began = Date.now();
  const quiet = await recipe(onTwo, [...stage, '--seed', seeds.join(), '--on', 'ray:auto']);
  const twoNodes = (Date.now() - began) / 1000;
  assert.equal(quiet.code, 0, quiet.said);
  for (const seed of seeds) assert.deepEqual(resultOf(onTwo, seed), resultOf(alone, seed));
  assert.equal(mostAtOnce(quiet.said), 2);
  t.diagnostic(`one core ${oneNode.toFixed(0)} s, two nodes of one core ${twoNodes.toFixed(0)} s`);

  let killed = 0;
  const made = new Set<string>();
  while (killed < kills) {
    const hunted = placeWithBases();
    const running = recipe(hunted, [...stage, '--seed', seeds.join(), '--on', 'ray:auto']);
    let isOver = false;
    const over = running.then(() => (isOver = true));
    while (!isOver && killed < kills) {
      await Promise.race([over, new Promise((resolve) => setTimeout(resolve, killEvery))]);
      if (isOver) break;
      await cluster.kill();
      killed++;
    }
    const { code, said } = await running;
    assert.equal(code, 0, said);
    for (const seed of seeds) {
      assert.deepEqual(resultOf(hunted, seed), resultOf(alone, seed));
      made.add((resultOf(hunted, seed) as { hash: string }).hash);
    }
  }
  t.diagnostic(
    `${killed} kills of a node, ${made.size} different results of ${seeds.length} seeds`,
  );
});

/** Runs Python that has Ray and what the programs for it share. */
async function python(args: readonly string[]): Promise<{ status: number | null; said: string }> {
  const env = { ...environment, PYTHONPATH: ['lib/setup/ray', 'lib/recipe/ray'].map((one) => path.join(root, one)).join(':'), PYTHONDONTWRITEBYTECODE: '1' }; // prettier-ignore
  const { status, stdout, stderr } = spawnSync(await askSetup('python', 'ray'), args, { env, encoding: 'utf8' }); // prettier-ignore
  return { status, said: `${stdout}${stderr}`.trim().split('\n').at(-1)! };
}

test('a thousand stages are given to Ray, each after what it needs', async (t) => {
  const { status, said } = await python([path.join(__dirname, 'plan_thousand.py')]);
  assert.equal(status, 0, said);
  t.diagnostic(said);
});

test('what a stage takes more than without Ray', async (t) => {
  const took: number[] = [];
  for (const on of [[], ['--on', 'ray:auto']]) {
    const place = placeWithBases();
    const began = Date.now();
    const { code, said } = await recipe(place, [...stage, '--steps', '20', ...on], 1);
    assert.equal(code, 0, said);
    took.push((Date.now() - began) / 1000);
  }
  const [alone, onRay] = took as [number, number];
  t.diagnostic(`alone ${alone.toFixed(1)} s, on Ray ${onRay.toFixed(1)} s`);
});

test('a machine of another kind is refused in one line', async () => {
  const asked = `import on_ray; on_ray.set_up({"isCopied": True, "root": "/nowhere", "kind": "vax on stone with Node 3"})`;
  const { status, said } = await python(['-c', asked]);
  assert.equal(status, 1);
  assert.match(said, /^RuntimeError: .* is linux on \S+ with Node \d+, this machine vax on stone with Node 3: use machines of one kind$/); // prettier-ignore
});

test('no Ray at an address is one line', async () => {
  const { code, said } = await recipe(placeWithBases(), [...stage, '--on', 'ray:127.0.0.1:9']);
  assert.equal(code, 2, said);
  assert.match(said.trim().split('\n').at(-1)!, /^no Ray at 127\.0\.0\.1:9 .*: start one with ray start --head, or use ray alone$/); // prettier-ignore
});

test('what cannot be run is refused before Ray is asked', async () => {
  const place = temporaryFolder();
  const rollouts = ['--rollouts', 'ray:127.0.0.1:9'];
  for (const [args, line] of [
    [['--stage', 'nothing'], /^unknown stage nothing: /],
    [['--model', 'nothing'], /^no language model nothing: /],
    [['--model', 'nothing', '--stage', 'base'], /^unknown stage base of a language model: /],
  ] as const) {
    const { code, said } = await recipe(place, [...rollouts, ...args]);
    assert.equal(code, 2, said);
    assert.match(said.trim().split('\n').at(-1)!, line);
  }
});

/** A task of the reader's own that a model which says anything solves half of the time. */
const ownTask = `
export const task = {
  name: 'letters',
  levels: [1],
  generate: (level: number, random: { int(n: number): number }, split: string) => ({
    task: 'letters',
    level,
    number: 2 * random.int(500) + (split === 'train' ? 0 : 1),
  }),
  question: ({ number }: { number: number }) => \`Say something about \${number}.\`,
  verify: (_: object, completion: string) => {
    const correct = completion.length % 2 === 0;
    const answer = completion.slice(0, 8);
    return {
      ...{ correct, format: true, finished: completion.endsWith('<eos>'), answer },
      ...{ canonicalAnswer: answer, visibleCorrect: correct, lookupTable: false },
    };
  },
  solution: ({ number }: { number: number }) => \`\${number} is a number.\`,
};
`;

/** A place with a language model and a task of the reader's own. */
function placeWithModel(): string {
  const place = temporaryFolder();
  writeRandomModel(path.join(place, 'models/random'), 1);
  fs.mkdirSync(path.join(place, 'tasks'));
  fs.writeFileSync(path.join(place, 'tasks/letters.ts'), ownTask);
  return place;
}

test('stages of a language model on a task of one’s own are those of one core, seed by seed', async () => {
  const args = '--model random --data letters --stage dev2 --steps 2 --log csv'.split(' ');
  const [alone, onTwo] = [placeWithModel(), placeWithModel()];
  for (const seed of ['0', '1']) {
    const { code, said } = await recipe(alone, [...args, '--seed', seed], 1);
    assert.equal(code, 0, said);
  }
  const { code, said } = await recipe(onTwo, [...args, '--seed', '0,1', '--on', 'ray:auto']);
  assert.equal(code, 0, said);
  assert.equal(mostAtOnce(said), 2);
  for (const name of ['random-dev1-s0', 'random-dev1-s1', 'random-dev2-s0', 'random-dev2-s1']) {
    const [a, b] = [alone, onTwo].map((place) => {
      const own = path.join(place, 'tasks/letters');
      const weights = path.join(checkpointFolder(own, name), 'adapter_model.safetensors');
      assert.ok(fs.existsSync(path.join(runFolder(own, name), 'history.csv')), `${place}: no log`);
      return [fs.readFileSync(weights), metricsOf(runFolder(own, name))];
    });
    assert.deepEqual(b, a, name);
  }
});

test('a machine without this folder gets what the stages read, once', async () => {
  const [place, there] = [placeWithModel(), temporaryFolder()];
  const asked = `
import json, pathlib, run_graph
job = {"local": "${place}", "reads": ["models/random", "tasks/letters.ts"], "within": "tasks/letters", "isCopied": True}
job["brought"] = run_graph.packed_reads(job)
asked = []
run_graph.fetch = lambda reference: asked.append(1) or reference
for _ in range(2):
    folder, local = run_graph.new_folder(job, "a-stage", pathlib.Path("${there}"))
    for file in sorted(file for name in job["reads"] for file in run_graph.files_below(pathlib.Path("${place}") / name)):
        assert (local / file.relative_to("${place}")).read_bytes() == file.read_bytes(), file
    assert list((local / job["within"]).iterdir()) == []
print(f"asked {len(asked)} times")`;
  const { status, said } = await python(['-c', asked]);
  assert.equal(status, 0, said);
  assert.equal(said, 'asked 1 times');
});
