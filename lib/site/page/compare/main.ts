/** The runs of a room side by side. */
import '../style.css';
import { html, render } from 'lit';
import { smoothed } from '../../../plots/fromRun';
import { trainingCurves, type StepPanel } from '../../../plots/trainingCurves';
import { draw as drawChart } from '../draw';
import { droppedRun, recordedRun, type ComparedRun } from './runs';

const root = document.querySelector<HTMLElement>('#page')!;
const chart = document.createElement('div');
chart.className = 'chart';

let runs: readonly ComparedRun[] = [];
let faults: readonly string[] = [];

/** The columns of a run that are compared. */
const panels: readonly {
  readonly title: string;
  readonly key: string;
  readonly format?: string;
}[] = [
  { title: 'right answers, countdown', key: 'countdown/accuracy', format: '.0%' },
  { title: 'right answers, all tasks', key: 'reward/accuracy', format: '.0%' },
  { title: 'tokens in a completion', key: 'completion/length' },
  { title: 'entropy of the policy, nats', key: 'policy/entropy' },
];

/** Steps whose mean a point of a curve is. */
const window = 5;

async function drawRuns(): Promise<void> {
  if (runs.length === 0) return chart.replaceChildren();
  const curves = panels.map(({ title, key, format }): StepPanel => ({
    title,
    format,
    points: runs.flatMap(({ name, metrics }) =>
      metrics.map((row, i) => ({
        step: Number(row.step),
        task: name,
        value: smoothed(metrics, key, i, window),
      })),
    ),
  }));
  const count = runs.length === 1 ? 'one run' : `${runs.length} runs`;
  const heading = {
    title: 'R1-Zero, side by side',
    subtitle: `${count}: rollouts on training problems, mean of ${window} steps`,
  };
  await drawChart(trainingCurves(heading, curves), chart);
}

function draw(): void {
  render(
    html`
      <div class="drop" @dragover=${(event: DragEvent) => event.preventDefault()} @drop=${onDrop}>
        <label>
          Drop the files of saved runs here, or choose them
          <input
            type="file"
            multiple
            accept=".zip"
            @change=${({ target }: Event) => void add((target as HTMLInputElement).files)}
          />
        </label>
      </div>
      ${faults.map((fault) => html`<p class="note" role="alert">${fault}</p>`)} ${chart}
      ${
        runs.length > 0
          ? html`<div class="scrolls" tabindex="0" role="region" aria-label="the runs">
              <table>
                <tr>
                  <th scope="col">run</th>
                  <th scope="col">model</th>
                  <th scope="col">steps</th>
                  <th scope="col">engine</th>
                  <td></td>
                </tr>
                ${runs.map(
                  (run) =>
                    html`<tr>
                      <th scope="row">${run.name}</th>
                      <td>${run.size}</td>
                      <td>${run.steps}</td>
                      <td>${run.backend}</td>
                      <td>
                        <button
                          type="button"
                          aria-label="leave out ${run.name}"
                          @click=${() => leaveOut(run)}
                        >
                          ×
                        </button>
                      </td>
                    </tr>`,
                )}
              </table>
            </div>`
          : ''
      }
    `,
    root,
  );
}

async function show(added: readonly PromiseSettledResult<ComparedRun>[]): Promise<void> {
  faults = added.flatMap((one) =>
    one.status === 'rejected' ? [(one.reason as Error).message] : [],
  );
  const found = added.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const names = new Set(found.map(({ name }) => name));
  runs = [...runs.filter(({ name }) => !names.has(name)), ...found];
  draw();
  await drawRuns();
}

async function add(files: FileList | null): Promise<void> {
  await show(await Promise.allSettled([...(files ?? [])].map(droppedRun)));
}

function onDrop(event: DragEvent): void {
  event.preventDefault();
  void add(event.dataTransfer?.files ?? null);
}

function leaveOut(run: ComparedRun): void {
  runs = runs.filter((other) => other !== run);
  draw();
  void drawRuns();
}

draw();
const asked = new URLSearchParams(location.search).get('compare');
if (asked) void Promise.allSettled(asked.split(',').map(recordedRun)).then(show);
