/** The playground: models of the workbook answer problems in the page. */
import '../style.css';
import { html, render } from 'lit';
import { createRandom } from '../../../core/random';
import { generate, promptText, verify } from '../../../tasks/index';
import { openEngine, siteAddress } from '../engineClient';
import { writings } from './chosen';
import { columnView, emptyColumn, type Column } from './column';
import { controls } from './controls';
import type { ListedModel } from '../../listModels';
import { addressOf, problemOf, readAddress, type Settings } from './settings';

/** What goes on: one question, or questions until the reader stops them. */
type Work = 'nothing' | 'asking' | 'this problem' | 'other problems';

const { api, started } = openEngine();
const root = document.querySelector<HTMLElement>('#page')!;

let models: readonly ListedModel[] = [];
let { settings, refused } = readAddress(location.search);
let columns: readonly Column[] = [];
let work: Work = 'nothing';
let backend = '';
let own = '';
/** counts the questions: what an earlier one brings is thrown away */
let question = 0;

function draw(): void {
  const problem = problemOf(settings);
  const busy = work !== 'nothing';
  const verdict = own.trim() === '' ? null : verify(problem, writtenOut(own));
  const series = (kind: Work) => () => void (work === kind ? stop() : keepAsking(kind));
  render(
    html`
      ${refused.length > 0 ? html`<p class="note" role="alert">The address asks for ${refused.join(', ')}, which is not there: the usual value stands in its place.</p>` : ''}
      ${controls(models, settings, change)}
      <div class="problem">
        <code class="prompt" aria-label="problem">${promptText(problem, settings.language)}</code>
        <button type="button" class="main" ?disabled=${busy} @click=${() => void ask()}>Ask</button>
        <button
          type="button"
          @click=${() => change({ seed: (settings.seed + 1) % 10000, chosen: null })}
        >
          Next problem
        </button>
        <button
          type="button"
          aria-pressed=${work === 'this problem'}
          @click=${series('this problem')}
        >
          ${work === 'this problem' ? 'Stop' : 'Keep asking this'}
        </button>
        <button
          type="button"
          aria-pressed=${work === 'other problems'}
          @click=${series('other problems')}
        >
          ${work === 'other problems' ? 'Stop' : 'Ask other problems'}
        </button>
        <button type="button" @click=${(event: Event) => void share(event)}>Copy link</button>
      </div>
      <div class="columns">
        ${columns.map((column, i) => columnView(`column-${i}`, column, (selected) => put(i, { selected, said: Infinity })))}
      </div>
      <form class="own" @submit=${(event: Event) => event.preventDefault()}>
        <label>
          Your own answer
          <input
            size="24"
            placeholder=${writings[settings.task].answer}
            .value=${own}
            @input=${(event: Event) => {
              own = (event.target as HTMLInputElement).value;
              draw();
            }}
          />
        </label>
        <output class=${verdict?.correct ? 'right' : 'wrong-answer'}
          >${verdict === null ? '' : verdict.correct ? '✓ right, says the rule' : verdict.canonicalAnswer === null ? '✗ no answer of this form' : '✗ wrong, says the rule'}</output
        >
      </form>
      <p class="quiet">${backend}</p>
    `,
    root,
  );
}

/** What the reader writes, as a whole completion that ends; a whole completion stays as it is. */
const writtenOut = (text: string): string =>
  text.includes('<answer>') ? text : `<answer> ${text.trim()} </answer> <eos>`;

function put(place: number, changed: Partial<Column>): void {
  columns = columns.map((column, i) => (i === place ? { ...column, ...changed } : column));
  draw();
}

/** New settings: they go into the address, and the question is put anew. */
function change(changed: Partial<Settings>): void {
  settings = { ...settings, ...changed };
  refused = [];
  history.replaceState(null, '', addressOf(settings));
  void ask();
}

const listedModels = async (): Promise<ListedModel[]> =>
  (await (await fetch(new URL('models.json', siteAddress))).json()) as ListedModel[];

/** A model that this browser has trained, `my-tiny-r1-zero-s0`. */
const ownModel = (name: string): ListedModel => ({
  ...{ name, size: 'yours', title: name.replace(/^my-/, '') },
});

const titleOf = (name: string): string => {
  const found = models.find((model) => model.name === name);
  return found ? `${found.title}, ${found.size}` : name;
};

/** Puts the question to all columns, one after another, and lets the first answer be said word by word. */
async function ask(): Promise<void> {
  const mine = ++question;
  work = 'asking';
  columns = settings.models.map((name) => emptyColumn(name, titleOf(name)));
  draw();
  for (const place of columns.keys()) {
    await answer(place, mine, 0);
    if (mine !== question) return;
  }
  work = 'nothing';
  draw();
  await Promise.all(columns.map((_, place) => say(place, mine)));
}

/** Gets answers to this problem for a column, after `before` earlier ones. */
async function answer(place: number, mine: number, before: number): Promise<void> {
  const { language, samples, temperature, waits, seed } = settings;
  const asked = {
    problem: problemOf(settings),
    language,
    samples,
    temperature,
    waits,
    seed,
    before,
  };
  try {
    await api.load(settings.models[place]!);
    if (mine !== question) return;
    put(place, { status: before === 0 ? 'answering' : 'ready' });
    const began = performance.now();
    const answers = await api.ask(settings.models[place]!, asked);
    if (mine !== question) return;
    const tokens = answers.reduce((sum, { tokens }) => sum + tokens.length, 0);
    const speed = (1000 * tokens) / (performance.now() - began);
    const right = answers.filter(({ correct }) => correct).length;
    const column = columns[place]!;
    const said = before === 0 ? 0 : Infinity;
    put(place, { answers, said, selected: 0, speed, status: 'ready', asked: column.asked + answers.length, right: column.right + right }); // prettier-ignore
  } catch (error) {
    if (mine === question) put(place, { status: 'failed', fault: (error as Error).message });
  }
}

/** Milliseconds between two words, and those that a whole answer may take. */
const [wordPace, answerPace] = [45, 1500];

async function say(place: number, mine: number): Promise<void> {
  const { answers } = columns[place]!;
  const length = answers[0]?.tokens.length ?? 0;
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return put(place, { said: length });
  const pace = Math.min(wordPace, answerPace / length);
  const began = performance.now();
  while (mine === question && columns[place]!.said < length) {
    const due = Math.ceil((performance.now() - began + 1) / pace); // drawing takes a while as well
    put(place, { said: Math.min(due, length) });
    await new Promise((resolve) => setTimeout(resolve, pace));
  }
}

function stop(): void {
  question++;
  work = 'nothing';
  draw();
}

/** Asks until the reader stops it: this problem again and again, or one problem after another. */
async function keepAsking(kind: Work): Promise<void> {
  const mine = ++question;
  work = kind;
  draw();
  for (let round = 0; mine === question; round++)
    for (const place of columns.keys()) {
      if (kind === 'this problem') await answer(place, mine, columns[place]!.asked);
      else await askOther(place, mine, round);
      if (mine !== question || columns[place]!.status === 'failed') return stop();
    }
}

/** Answers to each of the other problems. */
const answersToOthers = 8;

/** Puts another problem of the level to a column: the same ones to all columns. */
async function askOther(place: number, mine: number, round: number): Promise<void> {
  const { task, level, temperature, waits, seed } = settings;
  const problem = generate(task, level, createRandom(seed, 'others', round), 'held-out');
  const language = round % 2 === 0 ? 'en' : 'zh';
  const asked = { problem, language, samples: answersToOthers, temperature, waits, seed, before: 0 } as const; // prettier-ignore
  try {
    const answers = await api.ask(settings.models[place]!, asked);
    if (mine !== question) return;
    const hits = answers.filter(({ correct }) => correct).length;
    put(place, { others: [...columns[place]!.others, { hits, total: answers.length }] });
  } catch (error) {
    put(place, { status: 'failed', fault: (error as Error).message });
  }
}

async function share({ target }: Event): Promise<void> {
  await navigator.clipboard.writeText(location.href);
  const button = target as HTMLButtonElement;
  button.textContent = 'Copied';
  setTimeout(() => (button.textContent = 'Copy link'), 1500);
}

async function start(): Promise<void> {
  draw();
  try {
    const [list, { backend: name }] = await Promise.all([listedModels(), started]);
    models = [...list, ...(await api.ownModels()).map(ownModel)];
    backend = `The models run in this page, with ${name}. Nothing is sent anywhere.`;
  } catch (error) {
    backend = `It does not start here: ${(error as Error).message}`;
    return draw();
  }
  await ask();
}

void start();
