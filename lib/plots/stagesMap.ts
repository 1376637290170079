import { accent, ink, paperColor, styled, type Chart } from './theme';

/** A stage of the recipe, by the name that notebooks give it. */
export type StageName =
  | 'base'
  | 'zero'
  | 'coldStart'
  | 'reasoningRL'
  | 'rejectionSampling'
  | 'preferenceRL'
  | 'distillation';

/** A box of the map is a model, or a data set that leads from one model to the next. Its sizes are in pixels. */
interface Box {
  stage: StageName;
  label: string;
  note: string;
  x: number;
  x2: number;
  y: number;
  y2: number;
  isData: boolean;
}

/** An arrow of the map is a line through these points with a head at its end. */
interface Arrow {
  stage: StageName;
  label: string;
  points: readonly (readonly [x: number, y: number])[];
}

const boxWidth = 112;
const boxHeight = 48;
const columnsAt = [0, 116, 316, 508];
const rowsAt = [10, 100, 190];
const mapWidth = columnsAt[3]! + boxWidth;
const mapHeight = rowsAt[2]! + boxHeight + 10;
const baseWidth = 76;

type Place = readonly [column: number, row: number];

function box(stage: StageName, [column, row]: Place, label: string, note: string): Box {
  const x = columnsAt[column]!;
  const y = rowsAt[row]!;
  const isData = label.endsWith('data');
  return { stage, label, note, x, x2: x + boxWidth, y, y2: y + boxHeight, isData };
}

/** Leads from the box in one column to the next box in its row. */
function across(stage: StageName, column: number, row: number, label: string): Arrow {
  const y = rowsAt[row]! + boxHeight / 2;
  const from = columnsAt[column]! + (column === 0 ? baseWidth : boxWidth);
  return { stage, label, points: [[from, y], [columnsAt[column + 1]! - 5, y]] }; // prettier-ignore
}

/** Leads from a data set down and back to the model that learns from it, at the start of the next row. */
function back(stage: StageName, column: number, row: number): Arrow {
  const from = columnsAt[column]! + boxWidth / 2;
  const to = columnsAt[1]! + boxWidth / 2;
  const bottom = rowsAt[row]! + boxHeight;
  const top = rowsAt[row + 1]!;
  const middle = (bottom + top) / 2;
  return { stage, label: '', points: [[from, bottom], [from, middle], [to, middle], [to, top - 5]] }; // prettier-ignore
}

/** Leads straight down from a data set to the models below it. */
function down(stage: StageName, column: number, row: number): Arrow {
  const x = columnsAt[column]! + (3 * boxWidth) / 4;
  return { stage, label: '', points: [[x, rowsAt[row]! + boxHeight], [x, rowsAt[row + 1]! - 5]] }; // prettier-ignore
}

const base: Box = {
  ...box('base', [0, 0], 'base', 'pre-trained'),
  x2: baseWidth,
  y2: rowsAt[2]! + boxHeight,
};

const boxes: readonly Box[] = [
  base,
  box('zero', [1, 0], 'R1-Zero', 'RL alone'),
  box('coldStart', [2, 0], 'cold-start data', 'clean traces'),
  box('coldStart', [1, 1], 'Dev1', 'imitates them'),
  box('reasoningRL', [2, 1], 'Dev2', 'one language'),
  box('rejectionSampling', [3, 1], 'curated data', 'right answers'),
  box('rejectionSampling', [1, 2], 'Dev3', 'the base again'),
  box('preferenceRL', [2, 2], 'R1', 'for people too'),
  box('distillation', [3, 2], 'distilled', 'small, no RL'),
];

const arrows: readonly Arrow[] = [
  across('zero', 0, 0, 'RL'),
  across('coldStart', 1, 0, 'selection'),
  back('coldStart', 2, 0),
  across('coldStart', 0, 1, 'SFT'),
  across('reasoningRL', 1, 1, 'reasoning\nRL'),
  across('rejectionSampling', 2, 1, 'rejection\nsampling'),
  back('rejectionSampling', 3, 1),
  across('rejectionSampling', 0, 2, 'SFT'),
  across('preferenceRL', 1, 2, 'preference\nRL'),
  down('distillation', 3, 1),
];

/**
 * Draws the map of the recipe: models and data sets as boxes, and the stages between them as arrows. The `current`
 * stage stands out.
 */
export function stagesMap(title: string, current?: StageName): Chart {
  const subtitle = 'outlined: models; filled: data; all three roads start from the base';
  return {
    spec: styled(
      { title, subtitle },
      {
        width: mapWidth,
        height: mapHeight,
        layer: [...drawArrows(current), ...drawBoxes(current)],
      },
    ),
    alt: `${title}. ${describe(current)}`,
  };
}

const x = { field: 'x', type: 'quantitative', scale: { domain: [0, mapWidth] }, axis: null };
const y = {
  field: 'y',
  type: 'quantitative',
  scale: { domain: [0, mapHeight], reverse: true },
  axis: null,
};

/** The colours of the map, by the names that its data have for them. */
const colors = { ...ink, accent, white: 'white', paper: paperColor };
const scale = { domain: Object.keys(colors), range: Object.values(colors) };
const plain = (field: string): object => ({ field, type: 'nominal', scale, legend: null });

function drawBoxes(current: StageName | undefined): object[] {
  const values = boxes.map((each) => {
    const isCurrent = each.stage === current;
    const colors = isCurrent
      ? { fill: 'accent', stroke: 'accent', ink: 'white', noteInk: 'white' }
      : { fill: each.isData ? 'light' : 'paper', stroke: 'line', ink: 'strong', noteInk: 'normal' };
    return { ...each, ...colors, middle: (each.x + each.x2) / 2, center: (each.y + each.y2) / 2 };
  });
  const text = (field: string, fontSize: number, dy: number, color: string): object => ({
    data: { values },
    mark: { type: 'text', fontSize, dy },
    encoding: {
      x: { ...x, field: 'middle' },
      y: { ...y, field: 'center' },
      text: { field, type: 'nominal' },
      color: plain(color),
    },
  });
  return [
    {
      data: { values },
      mark: { type: 'rect', cornerRadius: 6, strokeWidth: 1.2 },
      encoding: {
        x,
        x2: { field: 'x2' },
        y,
        y2: { field: 'y2' },
        fill: plain('fill'),
        stroke: plain('stroke'),
      },
    },
    text('label', 14, -8, 'ink'),
    text('note', 11, 10, 'noteInk'),
  ];
}

function drawArrows(current: StageName | undefined): object[] {
  const colored = arrows.map((arrow, line) => {
    const isCurrent = arrow.stage === current;
    const color = isCurrent ? 'blue' : 'line';
    return { ...arrow, line, color, labelColor: isCurrent ? 'blue' : 'normal' };
  });
  const lines = colored.flatMap(({ points, line, color }) =>
    points.map(([x, y], order) => ({ x, y, line, order, color })),
  );
  const heads = colored.map(({ points, color }) => {
    const [[, beforeY], [x, y]] = points.slice(-2) as [[number, number], [number, number]];
    return { x, y, color, angle: beforeY === y ? 90 : 180 };
  });
  const labels = colored.map(({ points, label, labelColor }) => {
    const [[startX, startY], [endX]] = points as [[number, number], [number, number]];
    return { x: (startX + endX) / 2, y: startY, label, color: labelColor };
  });
  return [
    {
      data: { values: lines },
      mark: { type: 'line', strokeWidth: 1.5, strokeJoin: 'miter' },
      encoding: {
        x,
        y,
        detail: { field: 'line', type: 'nominal' },
        order: { field: 'order', type: 'quantitative' },
        color: plain('color'),
      },
    },
    {
      data: { values: heads },
      mark: { type: 'point', shape: 'triangle-up', size: 60, opacity: 1 },
      encoding: {
        x,
        y,
        angle: { field: 'angle', type: 'quantitative', scale: null },
        color: plain('color'),
      },
    },
    {
      data: { values: labels },
      mark: { type: 'text', fontSize: 11, dy: -8, lineBreak: '\n', lineHeight: 18 },
      encoding: { x, y, text: { field: 'label', type: 'nominal' }, color: plain('color') },
    },
  ];
}

function describe(current: StageName | undefined): string {
  const place = current ? ` Here: ${boxes.find((each) => each.stage === current)!.label}.` : '';
  return (
    'The base becomes R1-Zero by RL; traces of R1-Zero train the base to Dev1; RL makes it Dev2; ' +
    `right answers of Dev2 train the base to Dev3, which RL makes R1, and the distilled models.${place}`
  );
}
