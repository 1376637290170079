/** One model in the playground: its answers to the problem, and how often they are right. */
import { html, type TemplateResult } from 'lit';
import {
  shareInterval,
  wilsonInterval,
  consAtK,
  type Interval,
  type ProblemCount,
} from '../../../evaluation/metrics';
import { whole } from '../../../core/format';
import inspector from '../../../workbook/views/inspector.mjs';
import type { Answer } from '../work/ask';

/** What a column knows of its model. */
export interface Column {
  readonly model: string;
  readonly title: string;
  readonly status: 'loading' | 'answering' | 'ready' | 'failed';
  readonly fault: string;
  /** the newest answers to this problem */
  readonly answers: readonly Answer[];
  /** which of them is shown in full */
  readonly selected: number;
  /** tokens of it that are shown; the others are still to be said */
  readonly said: number;
  /** tokens that the newest answers took a second */
  readonly speed: number;
  /** all answers to this problem, and those that are right */
  readonly asked: number;
  readonly right: number;
  /** right answers to other problems of the level */
  readonly others: readonly ProblemCount[];
}

export const emptyColumn = (model: string, title: string): Column => ({
  ...{ model, title, status: 'loading', fault: '', answers: [], selected: 0, said: 0, speed: 0 },
  ...{ asked: 0, right: 0, others: [] },
});

const percent = (value: number): string => `${Math.round(100 * value)} %`;

/** A share with its interval, as words and as a bar that narrows. */
function shareBar(what: string, share: number, [low, high]: Interval, n: string): TemplateResult {
  const text = `${what}: ${percent(share)}, 95 % interval ${percent(low)} to ${percent(high)}, ${n}`;
  return html`<div class="share">
    <span>${what}</span>
    <div class="track" role="img" aria-label=${text}>
      <i class="interval" style="left:${100 * low}%;width:${100 * (high - low)}%"></i>
      <i class="mean" style="left:${100 * share}%"></i>
    </div>
    <b>${percent(share)}</b>
    <span class="quiet">[${percent(low)}, ${percent(high)}], ${n}</span>
  </div>`;
}

/** How often the model is right, one answer at a time and many together. */
function shares({ answers, asked, right, others, speed }: Column): TemplateResult | string {
  if (asked === 0) return '';
  const best = answers.filter(({ correct }) => correct).length;
  const elected = consAtK(answers.map(({ verdict }) => verdict.canonicalAnswer));
  const vote = elected < 0 ? 'no answer to vote for' : answers[elected]!.verdict.answer!;
  const verdict = elected < 0 ? '' : answers[elected]!.correct ? '✓' : '✗';
  const measured = shareInterval(others);
  return html`
    ${shareBar('this problem', right / asked, wilsonInterval(right, asked), `${asked} answers`)}
    ${measured ? shareBar('other problems', measured.mean, measured.interval, `${others.length} problems`) : ''}
    <p class="quiet">
      Of these ${answers.length}: ${best} right, so the best of ${answers.length} is
      ${best > 0 ? 'right ✓' : 'wrong ✗'}. Majority vote: <code>${vote}</code> ${verdict}.
      <span class="speed">${whole(speed)} tokens/s</span>
    </p>
  `;
}

/** The lists of tokens, which keep the token that the reader points at, by their column. */
const tokenLists = new Map<string, ReturnType<typeof inspector.createTokens>>();

function createList(place: string): ReturnType<typeof inspector.createTokens> {
  const list = inspector.createTokens(place);
  list.element.addEventListener('keydown', ({ key }) => {
    if (key === 'ArrowRight' || key === 'ArrowLeft') list.walk(key === 'ArrowRight' ? 1 : -1);
  });
  tokenLists.set(place, list);
  return list;
}

function answerInFull(place: string, column: Column): TemplateResult {
  const list = tokenLists.get(place) ?? createList(place);
  const answer = column.answers[column.selected]!;
  list.show(answer, 'log-probability');
  const tokens = [...list.element.querySelectorAll<HTMLElement>('.token')];
  tokens.forEach((token, i) => token.classList.toggle('unsaid', i >= column.said));
  const isSaid = column.said >= tokens.length;
  const { format, finished } = answer.verdict;
  const why = answer.correct
    ? ''
    : finished
      ? format
        ? ''
        : ' (not in the form asked for)'
      : ' (cut: it did not end)';
  return html`
    <p class="verdict-line ${answer.correct ? 'right' : 'wrong-answer'}" aria-live="polite">
      ${isSaid ? (answer.correct ? '✓ right' : `✗ wrong${why}`) : '…'}
    </p>
    ${list.element} ${list.readout}
  `;
}

/** A column of the page. `select` is called with the number of an answer that is clicked. */
export function columnView(
  place: string,
  column: Column,
  select: (answer: number) => void,
): TemplateResult {
  const { title, status, fault, answers, selected } = column;
  const cards = inspector.cards(answers, {
    title: (i) => `answer ${i + 1}`,
    ...{ selected, colour: 'log-probability', onClick: select },
  });
  return html`<section class="column" aria-labelledby="${place}-title">
    <h2 id="${place}-title">${title}</h2>
    <p class="quiet status" role="status">
      ${status === 'ready' ? '' : status === 'failed' ? fault : `${status} …`}
    </p>
    <div class="r1-view r1-inspector">
      ${answers.length > 0 ? answerInFull(place, column) : ''} ${shares(column)}
      ${
        answers.length > 1
          ? html`<details>
              <summary>All ${answers.length} answers</summary>
              <div class="cards">${cards}</div>
            </details>`
          : ''
      }
    </div>
  </section>`;
}
