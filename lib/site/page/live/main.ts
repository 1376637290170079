/** R1-Zero in the page: a base learns to search from rewards alone, while one watches. */
import '../style.css';
import '../../../workbook/views/trainingPanel.css';
import { proxy } from 'comlink';
import { html, render, type TemplateResult } from 'lit';
import type { Row } from '../../../core/csv';
import { formatSeconds, share } from '../../../core/format';
import { rlChart } from '../../../plots/fromRun';
import type { RolloutRecord } from '../../../runs/run';
import inspectorView from '../../../workbook/views/inspector.mjs';
import { draw as drawChart } from '../draw';
import { openEngine } from '../engineClient';
import type { KeptRun, Training } from '../work/train';
import { stayAwake } from './awake';
import { download } from './download';
import { createPanel, type Panel } from './panel';
import { addressOf, most, readAddress, usualSteps } from './settings';

const { api, started } = openEngine();
const root = document.querySelector<HTMLElement>('#page')!;

let { training, refused } = readAddress(location.search);
let status: 'starting' | 'idle' | 'running' | 'failed' = 'starting';
let fault = '';
let backend = '';
let notice = '';
let kept: KeptRun | null = null;
let metrics: Row[] = [];
let evaluations: Row[] = [];
let spoken: RolloutRecord[] = [];
let panel: Panel | null = null;

// These keep what is drawn into them, whatever else is drawn again.
const panelPlace = document.createElement('div');
const chartPlace = document.createElement('div');
chartPlace.className = 'chart';
const inspectorPlace = document.createElement('div');

function draw(): void {
  const isRunning = status === 'running';
  render(
    html`
      ${refused.length > 0 ? html`<p class="note" role="alert">The address asks for ${refused.join(', ')}, which is not there: the usual value stands in its place.</p>` : ''}
      ${form(isRunning)}
      <p role="status" class="quiet">${statusText()}</p>
      ${fault === '' ? '' : html`<p class="note" role="alert">${fault}</p>`}
      ${notice === '' ? '' : html`<p class="note" role="status">${notice}</p>`} ${panelPlace}
      ${chartPlace} ${wordsOf(spoken)} ${evaluationTable(evaluations)} ${inspectorPlace}
      <p class="quiet">${backend}</p>
    `,
    root,
  );
}

/** Which run: its size, seed and steps, and what can be done with it. */
function form(isRunning: boolean): TemplateResult {
  const { size, seed } = training;
  const isFinished = kept?.info.finished ?? false;
  const number = (name: 'seed' | 'steps', label: string, isFixed: boolean): TemplateResult =>
    html`<label>
      ${label}
      <input
        type="number"
        min=${name === 'steps' ? 1 : 0}
        max=${most[name]}
        required
        .value=${String(training[name])}
        ?disabled=${isFixed}
        @change=${({ target }: Event) => (target as HTMLInputElement).reportValidity() && void turnTo({ ...training, [name]: (target as HTMLInputElement).valueAsNumber })}
      />
    </label>`;
  const disabled = isRunning || status !== 'idle';
  return html`<form class="controls" @submit=${(event: Event) => event.preventDefault()}>
    <label>
      model
      <select
        ?disabled=${disabled}
        @change=${({ target }: Event) => toSize((target as HTMLSelectElement).value as 'tiny')}
      >
        ${Object.keys(usualSteps).map((one) => html`<option ?selected=${one === size}>${one}</option>`)}
      </select>
    </label>
    ${number('seed', 'seed', disabled)} ${number('steps', 'steps', disabled || kept !== null)}
    ${isFinished || isRunning ? '' : html`<button type="button" class="main" ?disabled=${disabled} @click=${() => void run()}>${kept ? `Go on from step ${kept.info.steps}` : 'Start'}</button>`}
    ${kept && !isRunning ? html`<button type="button" @click=${() => void forget()}>Forget this run</button>` : ''}
    ${kept && !isRunning ? html`<button type="button" @click=${() => void save()}>Download the run</button>` : ''}
    ${isFinished ? html`<a href="./playground.html?models=small-base-s0,my-${size}-r1-zero-s${seed}">Ask it in the playground</a>` : ''}
  </form>`;
}

function statusText(): string {
  if (status === 'starting') return 'starting …';
  if (status === 'failed') return '';
  if (status === 'running') return metrics.length === 0 ? 'The base is measured first, on problems that are never trained on.' : 'It goes on while you look elsewhere, and after a reload.'; // prettier-ignore
  if (!kept) return `${training.steps} steps, each with 32 problems and 16 answers to each.`;
  const { steps, finished, seconds } = kept.info;
  return `${finished ? 'Finished' : 'Stopped'} after ${steps} steps and ${Math.round(seconds / 60)} min.`;
}

/** The newest words of the model, an answer to a training problem of each task. */
function wordsOf(records: readonly RolloutRecord[]): TemplateResult | string {
  const last = records.filter(({ split }) => split === 'train').at(-1);
  if (!last) return '';
  const newest = records.filter(({ step, split }) => split === 'train' && step === last.step);
  const tasks = [...new Set(newest.map(({ task }) => task))];
  const lines = tasks.map((task) => newest.find((record) => record.task === task)!);
  return html`<h2>What it says at step ${last.step}</h2>
    <ul class="words">
      ${lines.map(({ prompt, completion, correct }) => html`<li><code>${prompt}</code> <span class=${correct ? 'right' : 'wrong-answer'}>${correct ? '✓' : '✗'}</span> <code class="quiet">${completion}</code></li>`)}
    </ul>`;
}

/** pass@1 on held-out problems at each evaluation. */
function evaluationTable(rows: readonly Row[]): TemplateResult | string {
  if (rows.length === 0) return '';
  const steps = [...new Set(rows.map(({ step }) => Number(step)))];
  const levels = [...new Set(rows.map(({ task, level }) => `${task} ${level}`))];
  const cell = (row: Row | undefined): string =>
    row ? `${share(Number(row.passAt1))} [${share(Number(row['passAt1/low']))}, ${share(Number(row['passAt1/high']))}]` : ''; // prettier-ignore
  const at = (step: number, name: string): Row | undefined =>
    rows.find((row) => Number(row.step) === step && `${row.task} ${row.level}` === name);
  return html`<h2>Right answers to held-out problems</h2>
    <div class="scrolls" tabindex="0" role="region" aria-label="right answers by step">
      <table>
        <tr>
          <th scope="col">step</th>
          ${levels.map((name) => html`<th scope="col">${name}</th>`)}
        </tr>
        ${steps.map(
          (step) =>
            html`<tr>
              <th scope="row">${step}</th>
              ${levels.map((name) => html`<td>${cell(at(step, name))}</td>`)}
            </tr>`,
        )}
      </table>
    </div>
    <p class="quiet">
      pass@1 with 95 % intervals, 8 answers to each problem; ${rows.at(-1)!.n} problems at the last
      step shown.
    </p>`;
}

const toSize = (size: 'tiny'): void => void turnTo({ ...training, size, steps: usualSteps[size]! });

/** Shows another run: what is kept of it, or nothing yet. */
async function turnTo(next: Training): Promise<void> {
  training = next;
  refused = [];
  history.replaceState(null, '', addressOf(training));
  await showKept();
}

async function showKept(): Promise<void> {
  kept = await api.keptRun(training);
  if (kept) training = { ...training, steps: Number(kept.info.config.steps) };
  metrics = [...(kept?.metrics ?? [])];
  evaluations = [...(kept?.evaluations ?? [])];
  spoken = [...(kept?.rollouts ?? [])];
  chartPlace.replaceChildren();
  inspectorPlace.replaceChildren();
  draw();
  if (metrics.length > 0) await drawCurves();
  await inspect();
}

/** Milliseconds between two drawings of the curves. */
const drawEvery = 1500;
let drawnAt = 0;

async function drawCurves(): Promise<void> {
  drawnAt = Date.now();
  const { size, seed, steps } = training;
  const subtitle = `${size}, seed ${seed}: rollouts on training problems, mean of five steps`;
  await drawChart(rlChart({ title: 'R1-Zero in this page', subtitle }, metrics, steps), chartPlace);
}

async function inspect(): Promise<void> {
  const data = await api.inspected(training);
  inspectorPlace.replaceChildren();
  if (!data) return;
  const title = document.createElement('h2');
  title.textContent = 'Whole groups, word by word';
  inspectorPlace.append(title);
  inspectorView.render({ model: { get: () => data }, el: inspectorPlace });
}

/** Trains, or goes on, and shows every step. */
async function run(): Promise<void> {
  status = 'running';
  fault = '';
  notice = '';
  inspectorPlace.replaceChildren();
  draw();
  const rest = stayAwake((seconds) => {
    notice = `The page slept for ${formatSeconds(seconds)}, stopped by the browser or the computer: the run has gone on where it stood.`;
    draw();
  });
  try {
    await api.train(
      training,
      proxy({
        panel(state) {
          panel ??= createPanel(state, (wish) => void api.wish(wish));
          panelPlace.replaceChildren(panel.element);
          panel.show(state);
        },
        step(row, said) {
          metrics.push(row);
          spoken.push(...said);
          draw();
          if (Date.now() - drawnAt > drawEvery) void drawCurves();
        },
        notKept() {
          backend = 'This browser does not keep the run: download it before you leave the page.';
        },
        evaluated(rows) {
          evaluations.push(...rows);
          draw();
        },
      }),
    );
  } catch (error) {
    fault = (error as Error).message;
  }
  rest();
  panel = null;
  panelPlace.replaceChildren();
  status = 'idle';
  await showKept();
}

async function forget(): Promise<void> {
  await api.forgetRun(training);
  await showKept();
}

async function save(): Promise<void> {
  download(await api.filesOf(training), await api.nameOfRun(training));
}

async function start(): Promise<void> {
  draw();
  try {
    const { backend: name, keeps } = await started;
    const memory = keeps ? 'A run is kept in this browser.' : 'This browser keeps nothing: a run ends with the page. Download it before.'; // prettier-ignore
    backend = `It learns in this page, with ${name}. ${memory}`;
    status = 'idle';
    await showKept();
  } catch (error) {
    status = 'failed';
    fault = `It does not start here: ${(error as Error).message}`;
    draw();
  }
}

void start();
